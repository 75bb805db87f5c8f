#include "inference/title_edits.h"

#include "core/error.h"
#include "core/json.h"
#include "core/text.h"
#include "data/limits.h"
#include "inference/json_reader.h"
#include "inference/request.h"

namespace marquee::inference {

namespace {

using data::Feature;
using data::TitleRecord;

// Several values of one column are joined by | in a titles file.
std::string name_of(JsonValue& value) {
  std::string name = value.text(data::kMaxFeatureBytes);
  if (name.find('|') != std::string::npos) value.place().refuse("must not hold |");
  return name;
}

std::vector<std::string> names_of(JsonValue& value) {
  std::vector<std::string> names;
  value.each(data::kMaxNamesOfFeature, [&](JsonValue& entry) { names.push_back(name_of(entry)); });
  return data::split_values(join(names, "|"));
}

template <Feature feature>
void read_names(JsonValue& value, TitleRecord& title) {
  title[feature] = names_of(value);
}

constexpr JsonField<TitleRecord> kFields[] = {
    {"name", [](JsonValue& v, TitleRecord& t) { t.name = v.text(data::kMaxNameBytes); }},
    {"year",
     [](JsonValue& v, TitleRecord& t) {
       t.year = static_cast<uint16_t>(v.whole(data::kMinYear, data::kMaxYear));
     }},
    {"genres", read_names<Feature::kGenre>},
    {"actors", read_names<Feature::kActor>},
    {"directors", read_names<Feature::kDirector>},
    {"studios", read_names<Feature::kStudio>},
    {"language", [](JsonValue& v, TitleRecord& t) { t[Feature::kLanguage] = {name_of(v)}; }},
    {"runtime_minutes",
     [](JsonValue& v, TitleRecord& t) {
       t.runtime_minutes = static_cast<uint16_t>(v.whole(0, data::kMaxRuntimeMinutes));
     }},
    {"maturity", [](JsonValue& v, TitleRecord& t) { t.maturity = v.text(data::kMaxFeatureBytes); }},
    {"available_from",
     [](JsonValue& v, TitleRecord& t) {
       t.available_from = v.whole(data::kMinTime, data::kMaxTime);
     }},
    {"available_until",
     [](JsonValue& v, TitleRecord& t) {
       t.available_until = v.whole(data::kMinTime, data::kMaxTime);
     }},
    {"regions", [](JsonValue& v, TitleRecord& t) { t.regions = join(names_of(v), "|"); }},
    {"countries", [](JsonValue& v, TitleRecord& t) { t.countries = join(names_of(v), "|"); }},
};

}  // namespace

TitleRecord parse_title(std::string_view json, std::string id) {
  TitleRecord title;
  title.id = std::move(id);
  read_document<TitleRecord>(json, kFields, title);
  if (title.name.empty()) throw Error("name: is missing");
  if (title.available_from >= title.available_until) {
    throw Error("available_until: must be later than available_from");
  }
  return title;
}

std::string to_json(const TitleRecord& title) {
  const TitleRecord none;
  Json json = {{"name", title.name}};
  const auto put = [&](const char* name, const auto& value, const auto& unknown) {
    if (value != unknown) json[name] = value;
  };
  const auto names = [&](const char* name, Feature feature) {
    put(name, title.features[static_cast<size_t>(feature)], std::vector<std::string>());
  };
  put("year", title.year, none.year);
  names("genres", Feature::kGenre);
  names("actors", Feature::kActor);
  names("directors", Feature::kDirector);
  names("studios", Feature::kStudio);
  const auto& languages = title.features[static_cast<size_t>(Feature::kLanguage)];
  if (!languages.empty()) json["language"] = languages.front();
  put("runtime_minutes", title.runtime_minutes, none.runtime_minutes);
  put("maturity", title.maturity, none.maturity);
  put("available_from", title.available_from, none.available_from);
  put("available_until", title.available_until, none.available_until);
  put("regions", data::split_values(title.regions), std::vector<std::string>());
  put("countries", data::split_values(title.countries), std::vector<std::string>());
  return json.dump();
}

}  // namespace marquee::inference
