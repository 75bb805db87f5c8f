// The batched inference runner: requests in, answers with titles and reasons out, in order.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "inference/diversity/diversifier.h"
#include "inference/filters.h"
#include "inference/ranker.h"
#include "inference/reasons.h"
#include "inference/request.h"
#include "inference/user.h"

namespace marquee::inference {

// A request by title index, and the best titles for its user.
struct Ranking {
  User user;
  std::vector<uint32_t> excluded;              // ascending
  std::shared_ptr<const TitleBitmap> allowed;  // null: all titles
  std::vector<std::string> unknown_titles;
  std::vector<float> encoded;     // the user's row of Ranker::encode
  std::vector<ScoredTitle> best;  // up to k, best first
  uint32_t relaxed = 0;           // rules of lists that it does not keep, bits of kRelaxed
  std::vector<uint32_t> context;  // rows of Contexts that the request names

  // Whether the filters leave the title in, and whether it may be in the answer.
  bool is_allowed(uint32_t title) const;
  bool is_eligible(uint32_t title) const;
};

struct RunnerOptions {
  HistoryLookup lookup = {};
  Diversity diversity = {};  // of answers whose requests do not say; what they say is its strength
  SeenRules seen = {};
  std::shared_ptr<const TitleClusters> clusters = nullptr;  // null: the search is exact
};

// What came of a line of requests.
template <typename AnswerT>
struct AnsweredLine {
  std::string id;
  int64_t line = 0;
  Result<AnswerT> result = AnswerT();

  bool failed() const { return std::holds_alternative<Error>(result); }
};

// Safe to use from several threads, if the lookup is.
class Runner {
 public:
  using WriteAnswers = std::function<void(std::span<const AnsweredLine<Answer>>)>;

  // The bundle must outlive the runner.
  explicit Runner(const Bundle& bundle, RunnerOptions options = {});

  // One result a request, in order. An Error is the request's: it names a user without a lookup or
  // one that the lookup does not know, a filter value that is unknown, ... Errors of the bundle are
  // thrown.
  std::vector<Result<Answer>> try_recommend(std::span<const Request> requests) const;
  std::vector<Result<PredictAnswer>> try_predict(std::span<const PredictRequest> requests) const;

  // The same, before titles are named and explained.
  std::vector<Result<Ranking>> try_rank(std::span<const Request> requests) const;

  // The answer if the model has no time: the most popular of the eligible titles, marked as
  // degraded. Throws the request's Error.
  Answer popular(const Request& request) const;

  // The same, but the first Error is thrown.
  std::vector<Answer> recommend(std::span<const Request> requests) const;
  std::vector<PredictAnswer> predict(std::span<const PredictRequest> requests) const;

  const Bundle& bundle() const { return bundle_; }
  const Ranker& ranker() const { return ranker_; }
  const Reasons& reasons() const { return reasons_; }
  const std::vector<uint32_t>& most_watched() const { return most_watched_; }  // all titles

  // Moves what is watched more in the ranking's context up in `best`, as far as little is known of
  // the user. Without a context nothing changes.
  void rank_in_context(Ranking& ranking) const;

  // Of what a request's list is made.
  Diversity diversity(const Request& request) const;
  const Diversifier& diversifier() const { return diversifier_; }
  // Floors of exposure that its lists keep together; null: none. What else is shown is counted
  // there.
  ExposureFloors* floors() const { return floors_.get(); }

  // A title as answers show it.
  AnsweredTitle named(ScoredTitle title, std::vector<std::string> reasons) const;
  // The same with what cards show: its year and genres.
  AnsweredTitle detailed(ScoredTitle title, std::vector<std::string> reasons) const;

  // Throws Error for a title that the bundle does not know and k outside 1 to 1000. No reasons.
  std::vector<AnsweredTitle> similar(const std::string& title_id, int k) const;

  enum class Task { kRecommend, kPredict };
  struct Counts {
    int64_t answered = 0;
    int64_t failed = 0;
  };

  // Reads a request a line from `in`, writes an answer a line to `out` in the same order, in
  // batches of what is at hand, with memory that does not grow with the number of lines. Bad lines
  // are answered with their error; empty lines are skipped. To be answered at once from std::cin,
  // call sync_with_stdio(false) first (lines.h). Throws Error if `out` cannot be written.
  Counts run(std::istream& in, std::ostream& out, Task task = Task::kRecommend) const;
  // The same with recommendations that go elsewhere, some lines at a time, in order.
  Counts run(std::istream& in, const WriteAnswers& write) const;

 private:
  struct Prepared;  // a request by title index

  template <typename RequestT>
  std::vector<Prepared> prepare(std::span<const RequestT> requests) const;
  void prepare(const Request& request, Prepared& prepared) const;
  void prepare(const PredictRequest& request, Prepared& prepared) const;
  int candidates(const Request& request) const;
  void make_list(const Request& request, std::vector<ScoredTitle> candidates,
                 const TitleBonuses* bonuses, Ranking& ranking) const;
  void count_shown(std::span<const Request> requests,
                   std::span<const Result<Ranking>> rankings) const;
  Answer answer(const Request& request, Ranking& ranking, std::vector<float>& contributions) const;

  const Bundle& bundle_;
  Ranker ranker_;
  EligibleTitles filter_;
  Reasons reasons_;
  Diversifier diversifier_;
  const Diversity diversity_;
  const SeenRules seen_;
  std::unique_ptr<ExposureFloors> floors_;
  HistoryLookup lookup_;
  std::vector<uint32_t> most_watched_;  // all titles, the most popular first
};

}  // namespace marquee::inference
