#include "core/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <mutex>

#include "core/error.h"
#include "core/json.h"
#include "core/text.h"

namespace marquee::log {

namespace {

// Prints %v as a JSON string, so that a message cannot break its line.
class JsonMessage : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const std::string text = Json(std::string(message.payload.data(), message.payload.size()))
                                 .dump(-1, ' ', false, Json::error_handler_t::replace);
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JsonMessage>();
  }
};

// JSON lines keep every byte of a message, as JSON strings can; text is made harmless first.
bool json_lines = false;

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>(
        "marquee", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    made->set_pattern("%^%L%$ %v");
    return made;
  }();
  return *instance;
}

}  // namespace

Level parse_level(std::string_view name) {
  if (name == "debug") return Level::kDebug;
  if (name == "info") return Level::kInfo;
  if (name == "warn") return Level::kWarn;
  if (name == "error") return Level::kError;
  if (name == "off") return Level::kOff;
  throw Error(cat("--log-level ", in_quotes(name), ": must be debug, info, warn, error or off"));
}

void set_level(Level level) {
  static constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::debug, spdlog::level::info,
                                                          spdlog::level::warn, spdlog::level::err,
                                                          spdlog::level::off};
  logger().set_level(kLevels[static_cast<int>(level)]);
}

void configure(Level level, Format format) {
  set_level(level);
  json_lines = format == Format::kJson;
  if (format == Format::kJson) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<JsonMessage>('*').set_pattern(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","message":%*})");
    logger().set_formatter(std::move(formatter));
  } else {
    logger().set_pattern("%^%L%$ %v");
  }
}

Level level() {
  switch (logger().level()) {
    case spdlog::level::trace:
    case spdlog::level::debug:
      return Level::kDebug;
    case spdlog::level::info:
      return Level::kInfo;
    case spdlog::level::warn:
      return Level::kWarn;
    case spdlog::level::off:
      return Level::kOff;
    default:
      return Level::kError;
  }
}

namespace {
void write(spdlog::level::level_enum level, std::string_view message) {
  if (json_lines) {
    logger().log(level, spdlog::string_view_t(message.data(), message.size()));
  } else {
    logger().log(level, printable(message, LineEnds::kKept));
  }
}
}  // namespace

void debug(std::string_view message) { write(spdlog::level::debug, message); }
void info(std::string_view message) { write(spdlog::level::info, message); }
void warn(std::string_view message) { write(spdlog::level::warn, message); }
void error(std::string_view message) { write(spdlog::level::err, message); }

}  // namespace marquee::log
