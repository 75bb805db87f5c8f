// Runner::run: lines in, lines out. A batch of lines is parsed by all threads, answered in slices
// whose answers fit in memory, and written in order.
#include <algorithm>
#include <ostream>

#include "core/interrupt.h"
#include "core/text.h"
#include "core/threads.h"
#include "inference/lines.h"
#include "inference/runner.h"

namespace marquee::inference {

namespace {

constexpr LineLimits kLimits = {
    .line_bytes = kMaxRequestBytes, .batch_lines = 512, .batch_bytes = 2 * kMaxRequestBytes};
constexpr size_t kSliceTitles = 16'384;  // titles answered at once
constexpr int64_t kGrain = 16;

// A line on its way to an answer.
template <typename RequestT>
struct PendingLine {
  std::optional<RequestT> request;  // until it is answered, if it could be parsed
  std::string reply;
  bool failed = false;
};

size_t titles_requested(const Request& request) { return static_cast<size_t>(request.k); }
size_t titles_requested(const PredictRequest& request) { return request.titles.size(); }

template <typename Body>
void for_each_parallel(size_t count, const Body& body) {
  parallel_for(static_cast<int64_t>(count), kGrain, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) body(i);
  });
}

template <typename RequestT>
void fail(PendingLine<RequestT>& job, const std::string& id, int64_t line, const Error& error) {
  job.reply = error_json(id, line, error.what());
  job.failed = true;
}

template <typename RequestT, typename Parse>
std::vector<PendingLine<RequestT>> parse_lines(std::span<InputLine> lines, const Parse& parse) {
  std::vector<PendingLine<RequestT>> jobs(lines.size());
  for_each_parallel(lines.size(), [&](size_t i) {
    InputLine& line = lines[i];
    try {
      if (line.too_long) throw Error(cat("the line has more than ", kMaxRequestBytes, " bytes"));
      jobs[i].request = parse(line.text);
    } catch (const Error& error) {
      fail(jobs[i], request_id(line.text), line.number, error);
    }
    line.text = std::string();
  });
  return jobs;
}

// How many jobs from the first on request at most kSliceTitles titles, at least one.
template <typename RequestT>
size_t slice_length(std::span<const PendingLine<RequestT>> jobs) {
  size_t titles = 0;
  size_t length = 0;
  for (; length < jobs.size(); ++length) {
    if (jobs[length].request) titles += titles_requested(*jobs[length].request);
    if (length > 0 && titles > kSliceTitles) break;
  }
  return length;
}

// `answer`: requests to results.
template <typename RequestT, typename Answer>
void answer_slice(std::span<PendingLine<RequestT>> jobs, std::span<const InputLine> lines,
                  const Answer& answer) {
  std::vector<size_t> places;
  std::vector<RequestT> requests;
  for (size_t i = 0; i < jobs.size(); ++i) {
    if (!jobs[i].request) continue;
    places.push_back(i);
    requests.push_back(std::move(*jobs[i].request));
    jobs[i].request.reset();
  }
  if (requests.empty()) return;
  const auto results = answer(std::span<const RequestT>(requests));
  for_each_parallel(places.size(), [&](size_t row) {
    PendingLine<RequestT>& job = jobs[places[row]];
    if (const auto* error = std::get_if<Error>(&results[row])) {
      fail(job, requests[row].id, lines[places[row]].number, *error);
    } else {
      job.reply = to_json(std::get<0>(results[row]));
    }
  });
}

template <typename RequestT>
void write_replies(std::span<PendingLine<RequestT>> jobs, std::ostream& out,
                   Runner::Counts& counts) {
  for (PendingLine<RequestT>& job : jobs) {
    out << job.reply << '\n';
    ++(job.failed ? counts.failed : counts.answered);
    job.reply = std::string();
  }
  if (!out.flush()) throw errno_error("cannot write the answers");
}

template <typename RequestT, typename Parse, typename Answer>
Runner::Counts run_lines(std::istream& in, std::ostream& out, const Parse& parse,
                         const Answer& answer) {
  LineReader reader(in, kLimits);
  Runner::Counts counts;
  for (std::vector<InputLine> lines; reader.next(lines);) {
    throw_if_interrupted();
    std::vector<PendingLine<RequestT>> jobs = parse_lines<RequestT>(lines, parse);
    for (size_t begin = 0; begin < jobs.size();) {
      auto slice = std::span(jobs).subspan(begin);
      slice = slice.first(slice_length<RequestT>(slice));
      answer_slice<RequestT>(slice, std::span(lines).subspan(begin), answer);
      write_replies<RequestT>(slice, out, counts);
      begin += slice.size();
    }
  }
  if (in.bad()) throw errno_error("cannot read the requests");
  return counts;
}

Request parse_line(std::string_view json) {
  Request request = parse_request(json);
  if (request.sink_repeated) {
    throw Error("sink_repeated: only a server knows what was shown before (marquee serve)");
  }
  return request;
}

}  // namespace

Runner::Counts Runner::run(std::istream& in, std::ostream& out, Task task) const {
  if (task == Task::kPredict) {
    return run_lines<PredictRequest>(in, out, parse_predict_request,
                                     [this](auto requests) { return try_predict(requests); });
  }
  return run_lines<Request>(in, out, parse_line,
                            [this](auto requests) { return try_recommend(requests); });
}

}  // namespace marquee::inference
