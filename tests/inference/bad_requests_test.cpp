// Requests that must be refused, and how the error must begin.
#include <gtest/gtest.h>

#include <span>

#include "core/error.h"
#include "core/text.h"
#include "inference/request.h"

namespace marquee::inference {
namespace {

std::string error_of(const std::string& json) {
  try {
    parse_request(json);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInput) << json;
    return error.what();
  }
  return "";
}

struct BadRequest {
  const char* json;
  const char* says;  // how the error begins
};

constexpr BadRequest kNotJson[] = {
    {"", "not JSON"},
    {" ", "not JSON"},
    {"{", "not JSON"},
    {"}", "not JSON"},
    {"{}", "history: is missing"},
    {"[]", "not a JSON object"},
    {"[{\"history\":[]}]", "not a JSON object"},
    {"null", "not a JSON object"},
    {"true", "not a JSON object"},
    {"1", "not a JSON object"},
    {"\"history\"", "not a JSON object"},
    {"history", "not JSON"},
    {"{history:[]}", "not JSON"},
    {"{'history':[]}", "not JSON"},
    {R"({"history":[]}})", "not JSON"},
    {R"({"history":[]} x)", "not JSON"},
    {R"({"history":[]}{"history":[]})", "not JSON"},
    {R"({"history":[]},)", "not JSON"},
    {R"({"history":[],})", "not JSON"},
    {R"({,"history":[]})", "not JSON"},
    {R"({"history":[])", "not JSON"},
    {R"({"history":[)", "not JSON"},
    {R"({"history":)", "not JSON"},
    {R"({"history")", "not JSON"},
    {R"({"history"})", "not JSON"},
    {R"({"history" [])", "not JSON"},
    {R"({"history":[] "k":1})", "not JSON"},
    {R"({"history":["1" "2"]})", "history: not JSON"},
    {R"({"history":["1",]})", "history[1]: not JSON"},
    {R"({"history":[,"1"]})", "history[0]: not JSON"},
    {R"({"history":["1"})", "history: not JSON"},
    {R"({"history":["1}]})", "not JSON"},
    {R"({"history":[{"title_id":"1"]})", "history[0]: not JSON"},
    {R"({"history":[{"title_id":"1"})", "history: not JSON"},
    {R"({"history":["\x"]})", "history[0]: not JSON"},
    {R"({"history":["\u12"]})", "history[0]: not JSON"},
    {R"({"history":["\ud800"]})", "history[0]: not JSON"},
    {R"({"history":[],"include_seen":tru})", "include_seen: not JSON"},
    {R"({"history":[],"include_seen":truest})", "include_seen: not JSON"},
    {R"({"history":[],"include_seen":True})", "include_seen: not JSON"},
    {R"({"history":[],"k":NaN})", "k: not JSON"},
    {R"({"history":[],"k":Infinity})", "k: not JSON"},
    {R"({"history":[],"k":+1})", "k: not JSON"},
    {"{\"history\":[\"\xff\"]}", "not JSON"},
    {"{\"history\":[\"\xc0\x80\"]}", "not JSON"},
    {"{\"history\":[\"\xed\xa0\x80\"]}", "not JSON"},
    {"{\"history\":[\"\xf4\x90\x80\x80\"]}", "not JSON"},
    {"{\"hist\xffory\":[]}", "not JSON"},
    {"{\"history\":[\"a\tb\"]}", "not JSON"},
    {"{\"history\":[\"a\nb\"]}", "not JSON"},
    {"\xEF\xBB\xBF{\"history\":[]}", "not JSON"},
};

constexpr BadRequest kWrongFields[] = {
    {R"({"hystory":[]})", "unknown field \"hystory\"; did you mean \"history\"?"},
    {R"({"History":[]})", "unknown field \"History\"; did you mean \"history\"?"},
    {R"({"history":[],"K":5})", "unknown field \"K\"; did you mean \"k\"?"},
    {R"({"history":[],"limit":5})", "unknown field \"limit\"; known are history, user_id"},
    {R"({"history":[],"":5})", "unknown field \"\""},
    {R"({"history":[],"user":"u"})", "unknown field \"user\""},
    {R"({"history":[],"excludes":[]})", "unknown field \"excludes\"; did you mean \"exclude\"?"},
    {R"({"history":[],"filter":{}})", "unknown field \"filter\"; did you mean \"filters\"?"},
    {R"({"history":[],"includeSeen":true})",
     "unknown field \"includeSeen\"; did you mean \"include_seen\"?"},
    {R"({"history":[],"titles":["1"]})", "unknown field \"titles\""},
    {R"({"history":[],"history\u0000":[]})", "unknown field"},
    {R"({"history":[],"filters":{"genre":["x"]}})",
     "filters: unknown field \"genre\"; did you mean \"genres\"?"},
    {R"({"history":[],"filters":{"maturity":"G"}})", "filters: unknown field \"maturity\""},
    {R"({"history":[],"filters":{"at":1}})", "filters: unknown field \"at\""},
    {R"({"history":[{"title":"1"}]})", "history[0]: unknown field \"title\""},
    {R"({"history":["1",{"title_id":"1","time":1}]})", "history[1]: unknown field \"time\""},
    {R"({"history":[{"title_id":"1","rating":4}]})", "history[0]: unknown field \"rating\""},
    {R"({"history":[],"history":[]})", "field \"history\" is there twice"},
    {R"({"history":[],"k":1,"k":1})", "field \"k\" is there twice"},
    {R"({"history":[],"k":1,"\u006b":2})", "field \"k\" is there twice"},
    {R"({"history":[],"filters":{"region":"DE","region":"FR"}})",
     "filters: field \"region\" is there twice"},
    {R"({"history":[{"title_id":"1","title_id":"2"}]})",
     "history[0]: field \"title_id\" is there twice"},
    {R"({"k":5})", "history: is missing, and so is user_id"},
    {R"({"history":[],"user_id":"u"})", "user_id: give either history or user_id"},
    {R"({"user_id":"u","history":["1"]})", "user_id: give either history or user_id"},
    {R"({"history":[{}]})", "history[0]: title_id is missing"},
    {R"({"history":[{"timestamp":1}]})", "history[0]: title_id is missing"},
};

constexpr BadRequest kWrongTypes[] = {
    {R"({"history":"1"})", "history: must be a list, not a string"},
    {R"({"history":{}})", "history: must be a list, not an object"},
    {R"({"history":null})", "history: must be a list, not null"},
    {R"({"history":1})", "history: must be a list, not a number"},
    {R"({"history":true})", "history: must be a list, not true or false"},
    {R"({"history":[1]})",
     "history[0]: must be a title id in quotes, or an object with a title_id"},
    {R"({"history":["1",null]})",
     "history[1]: must be a title id in quotes, or an object with a title_id"},
    {R"({"history":[["1"]]})",
     "history[0]: must be a title id in quotes, or an object with a title_id"},
    {R"({"history":[true]})",
     "history[0]: must be a title id in quotes, or an object with a title_id"},
    {R"({"history":[{"title_id":1}]})", "history[0].title_id: must be a string, not a number"},
    {R"({"history":[{"title_id":null}]})", "history[0].title_id: must be a string, not null"},
    {R"({"history":[{"title_id":["1"]}]})", "history[0].title_id: must be a string, not a list"},
    {R"({"history":[{"title_id":"1","timestamp":"2020"}]})",
     "history[0].timestamp: must be a number, not a string"},
    {R"({"history":[{"title_id":"1","timestamp":null}]})",
     "history[0].timestamp: must be a number, not null"},
    {R"({"history":[{"title_id":"1","event":1}]})",
     "history[0].event: must be a string, not a number"},
    {R"({"history":[{"title_id":"1","value":"4"}]})",
     "history[0].value: must be a number, not a string"},
    {R"({"history":[{"title_id":"1","value":null}]})",
     "history[0].value: must be a number, not null"},
    {R"({"history":[],"id":1})", "id: must be a string, not a number"},
    {R"({"history":[],"id":null})", "id: must be a string, not null"},
    {R"({"user_id":7})", "user_id: must be a string, not a number"},
    {R"({"user_id":null})", "user_id: must be a string, not null"},
    {R"({"history":[],"k":"10"})", "k: must be a number, not a string"},
    {R"({"history":[],"k":null})", "k: must be a number, not null"},
    {R"({"history":[],"k":[10]})", "k: must be a number, not a list"},
    {R"({"history":[],"k":{}})", "k: must be a number, not an object"},
    {R"({"history":[],"exclude":"1"})", "exclude: must be a list, not a string"},
    {R"({"history":[],"exclude":[1]})", "exclude[0]: must be a string, not a number"},
    {R"({"history":[],"exclude":[{"title_id":"1"}]})",
     "exclude[0]: must be a string, not an object"},
    {R"({"history":[],"filters":[]})", "filters: must be an object, not a list"},
    {R"({"history":[],"filters":null})", "filters: must be an object, not null"},
    {R"({"history":[],"filters":{"genres":"Comedy"}})",
     "filters.genres: must be a list, not a string"},
    {R"({"history":[],"filters":{"genres":["a",1]}})",
     "filters.genres[1]: must be a string, not a number"},
    {R"({"history":[],"filters":{"max_maturity":12}})",
     "filters.max_maturity: must be a string, not a number"},
    {R"({"history":[],"filters":{"region":["DE"]}})",
     "filters.region: must be a string, not a list"},
    {R"({"history":[],"at":"now"})", "at: must be a number, not a string"},
    {R"({"history":[],"include_seen":1})", "include_seen: must be true or false, not a number"},
    {R"({"history":[],"include_seen":"true"})",
     "include_seen: must be true or false, not a string"},
    {R"({"history":[],"include_seen":null})", "include_seen: must be true or false, not null"},
    {R"({"history":[],"diversity":"much"})", "diversity: must be a number, not a string"},
    {R"({"history":[],"profile":false})", "profile: must be a string, not true or false"},
};

constexpr BadRequest kWrongValues[] = {
    {R"({"history":[],"profile":"some"})", R"(profile: must be "full" or "none", not "some")"},
    {R"({"history":["a1"],"profile":"none"})",
     R"(profile: "none" means that no history is read; leave out history)"},
    {R"({"history":[],"diversity":1.5})", "diversity: must be from 0 to 1, not 1.5"},
    {R"({"history":[],"diversity":-0.1})", "diversity: must be from 0 to 1, not -0.1"},
    {R"({"history":[],"k":0})", "k: must be a whole number from 1 to 1000, not 0"},
    {R"({"history":[],"k":-1})", "k: must be a whole number from 1 to 1000, not -1"},
    {R"({"history":[],"k":1001})", "k: must be a whole number from 1 to 1000, not 1001"},
    {R"({"history":[],"k":2147483648})", "k: must be a whole number from 1 to 1000, not 2147"},
    {R"({"history":[],"k":4294967297})", "k: must be a whole number from 1 to 1000"},
    {R"({"history":[],"k":18446744073709551617})", "k: must be a whole number from 1 to 1000"},
    {R"({"history":[],"k":-9223372036854775809})", "k: must be a whole number from 1 to 1000"},
    {R"({"history":[],"k":99999999999999999999999999})", "k: must be a whole number"},
    {R"({"history":[],"k":10.0})", "k: must be a whole number from 1 to 1000, not 10.0"},
    {R"({"history":[],"k":1.5})", "k: must be a whole number from 1 to 1000, not 1.5"},
    {R"({"history":[],"k":1e2})", "k: must be a whole number from 1 to 1000, not 1e2"},
    {R"({"history":[],"k":1e400})", "k: must be a whole number"},
    {R"({"history":[],"k":01})", "k: must be a whole number"},
    {R"({"history":[],"k":-})", "k: must be a whole number"},
    {R"({"history":[],"k":1x})", "k: must be a whole number"},
    {R"({"history":[],"at":-62135596801})",
     "at: must be a whole number from -62135596800 to 253402300799, not -62135596801"},
    {R"({"history":[],"at":1700000000000})", "at: must be a whole number from -62135596800 to"},
    {R"({"history":[],"at":1700000000.5})", "at: must be a whole number"},
    {R"({"history":[{"title_id":"1","timestamp":-62135596801}]})",
     "history[0].timestamp: must be a whole number from -62135596800"},
    {R"({"history":[{"title_id":"1","timestamp":964982703000}]})",
     "history[0].timestamp: must be a whole number from -62135596800"},
    {R"({"history":[{"title_id":"1","timestamp":1e9}]})",
     "history[0].timestamp: must be a whole number"},
    {R"({"history":[{"title_id":"1","event":"watch"}]})",
     "history[0].event: \"watch\" is none of play, complete"},
    {R"({"history":[{"title_id":"1","event":"Play"}]})", "history[0].event: \"Play\" is none of"},
    {R"({"history":[{"title_id":"1","event":""}]})", "history[0].event: must not be empty"},
    {R"({"history":[{"title_id":"1","event":"rating"}]})",
     "history[0]: event rating needs a value"},
    {R"({"history":[{"title_id":"1","value":1e7}]})",
     "history[0].value: a rating must be from -1000000 to 1000000, not 1e+07"},
    {R"({"history":[{"title_id":"1","event":"play","value":1.01}]})",
     "history[0].value: the fraction watched must be 0 to 1"},
    {R"({"history":[{"title_id":"1","event":"play","value":-0.1}]})",
     "history[0].value: the fraction watched must be 0 to 1"},
    {R"({"history":[{"title_id":"1","event":"complete","value":80}]})",
     "history[0].value: the fraction watched must be 0 to 1, not 80"},
    {R"({"history":[{"title_id":"1","value":1e39}]})",
     "history[0].value: must be a number that a float holds, not 1e39"},
    {R"({"history":[{"title_id":"1","value":1e999}]})",
     "history[0].value: must be a number that a float holds"},
    {R"({"history":[{"title_id":"1","value":1.}]})", "history[0].value: must be a number"},
    {R"({"history":[""]})", "history[0]: must not be empty"},
    {R"({"history":["1",{"title_id":""}]})", "history[1].title_id: must not be empty"},
    {R"({"history":["a\u0000b"]})", "history[0]: \"a\\x00b\" holds a NUL byte"},
    {R"({"history":[],"exclude":["\u0000"]})", "exclude[0]: \"\\x00\" holds a NUL byte"},
    {R"({"history":[],"exclude":["1",""]})", "exclude[1]: must not be empty"},
    {R"({"history":[],"id":""})", "id: must not be empty"},
    {R"({"history":[],"id":"a\u0000"})", "id: \"a\\x00\" holds a NUL byte"},
    {R"({"user_id":""})", "user_id: must not be empty"},
    {R"({"history":[],"filters":{"genres":[]}})", "filters.genres: must name at least one"},
    {R"({"history":[],"filters":{"genres":[""]}})", "filters.genres[0]: must not be empty"},
    {R"({"history":[],"filters":{"region":""}})", "filters.region: must not be empty"},
    {R"({"history":[],"filters":{"max_maturity":""}})", "filters.max_maturity: must not be empty"},
};

class Refuses : public ::testing::TestWithParam<std::span<const BadRequest>> {};

TEST_P(Refuses, AndNamesTheField) {
  for (const auto& [json, says] : GetParam()) {
    const std::string error = error_of(json);
    EXPECT_TRUE(error.starts_with(says)) << json << "\n  says: " << error << "\n  not:  " << says;
    EXPECT_TRUE(valid_utf8(error)) << json;
  }
}

INSTANTIATE_TEST_SUITE_P(Requests, Refuses,
                         ::testing::Values(std::span(kNotJson), std::span(kWrongFields),
                                           std::span(kWrongTypes), std::span(kWrongValues)));

}  // namespace
}  // namespace marquee::inference
