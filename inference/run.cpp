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
template <typename RequestT, typename AnswerT>
struct PendingLine {
  std::optional<RequestT> request;  // until it is answered, if it could be parsed
  AnsweredLine<AnswerT> answered;
};

size_t titles_requested(const Request& request) { return static_cast<size_t>(request.k); }
size_t titles_requested(const PredictRequest& request) { return request.titles.size(); }

template <typename Body>
void for_each_parallel(size_t count, const Body& body) {
  parallel_for(static_cast<int64_t>(count), kGrain, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) body(i);
  });
}

template <typename RequestT, typename AnswerT, typename Parse>
std::vector<PendingLine<RequestT, AnswerT>> parse_lines(std::span<InputLine> lines,
                                                        const Parse& parse) {
  std::vector<PendingLine<RequestT, AnswerT>> jobs(lines.size());
  for_each_parallel(lines.size(), [&](size_t i) {
    InputLine& line = lines[i];
    AnsweredLine<AnswerT>& answered = jobs[i].answered;
    answered.line = line.number;
    try {
      if (line.too_long) throw Error(cat("the line has more than ", kMaxRequestBytes, " bytes"));
      jobs[i].request = parse(line.text);
      answered.id = jobs[i].request->id;
    } catch (const Error& error) {
      answered.id = request_id(line.text);
      answered.result = error;
    }
    line.text = std::string();
  });
  return jobs;
}

// How many jobs from the first on request at most kSliceTitles titles, at least one.
template <typename Job>
size_t slice_length(std::span<const Job> jobs) {
  size_t titles = 0;
  size_t length = 0;
  for (; length < jobs.size(); ++length) {
    if (jobs[length].request) titles += titles_requested(*jobs[length].request);
    if (length > 0 && titles > kSliceTitles) break;
  }
  return length;
}

// `answer`: requests to results.
template <typename RequestT, typename AnswerT, typename Answering>
std::vector<AnsweredLine<AnswerT>> answer_slice(std::span<PendingLine<RequestT, AnswerT>> jobs,
                                                const Answering& answer) {
  std::vector<size_t> places;
  std::vector<RequestT> requests;
  std::vector<AnsweredLine<AnswerT>> answered;
  for (size_t i = 0; i < jobs.size(); ++i) {
    answered.push_back(std::move(jobs[i].answered));
    if (!jobs[i].request) continue;
    places.push_back(i);
    requests.push_back(std::move(*jobs[i].request));
    jobs[i].request.reset();
  }
  if (requests.empty()) return answered;
  auto results = answer(std::span<const RequestT>(requests));
  for (size_t row = 0; row < places.size(); ++row) {
    answered[places[row]].result = std::move(results[row]);
  }
  return answered;
}

// `write`: answered lines in order.
template <typename RequestT, typename AnswerT, typename Parse, typename Answering, typename Write>
Runner::Counts run_lines(std::istream& in, const Parse& parse, const Answering& answer,
                         const Write& write) {
  LineReader reader(in, kLimits);
  Runner::Counts counts;
  for (std::vector<InputLine> lines; reader.next(lines);) {
    throw_if_interrupted();
    auto jobs = parse_lines<RequestT, AnswerT>(lines, parse);
    for (size_t begin = 0; begin < jobs.size();) {
      auto slice = std::span(jobs).subspan(begin);
      slice = slice.first(slice_length<PendingLine<RequestT, AnswerT>>(slice));
      const auto answered = answer_slice<RequestT, AnswerT>(slice, answer);
      for (const auto& line : answered) ++(line.failed() ? counts.failed : counts.answered);
      write(std::span(answered));
      begin += slice.size();
    }
  }
  if (in.bad()) throw errno_error("cannot read the requests");
  return counts;
}

template <typename AnswerT>
void write_lines(std::span<const AnsweredLine<AnswerT>> answered, std::ostream& out) {
  std::vector<std::string> lines(answered.size());
  for_each_parallel(answered.size(), [&](size_t i) {
    const auto& [id, line, result] = answered[i];
    const auto* const error = std::get_if<Error>(&result);
    lines[i] =
        error != nullptr ? error_json(id, line, error->what()) : to_json(std::get<AnswerT>(result));
  });
  for (const std::string& line : lines) out << line << '\n';
  if (!out.flush()) throw errno_error("cannot write the answers");
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
  if (task == Task::kRecommend) {
    return run(in, [&](auto answered) { write_lines(answered, out); });
  }
  return run_lines<PredictRequest, PredictAnswer>(
      in, parse_predict_request, [this](auto requests) { return try_predict(requests); },
      [&](auto answered) { write_lines(answered, out); });
}

Runner::Counts Runner::run(std::istream& in, const WriteAnswers& write) const {
  return run_lines<Request, Answer>(
      in, parse_line, [this](auto requests) { return try_recommend(requests); }, write);
}

}  // namespace marquee::inference
