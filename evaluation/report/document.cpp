#include "evaluation/report/document.h"

#include "core/text.h"
#include "core/version.h"
#include "evaluation/report/markup.h"
#include "evaluation/report/style.h"

namespace marquee::evaluation {

std::string html_document(std::string_view title, std::string_view body, std::string_view footer) {
  return cat(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n",
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src ",
      "'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>", escape(title),
      " · Marquee</title>\n<style>", kStyle, "</style></head>\n<body>\n", body,
      "<footer>Written by marquee ", kVersion, ".", footer, "</footer>\n<script>", kScript,
      "</script>\n</body></html>\n");
}

}  // namespace marquee::evaluation
