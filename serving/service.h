// What is served, behind any transport: jobs are queued, answered in batches by the current
// model, and their answers handed back. The API (api.h) puts HTTP in front of it.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "inference/onboarding.h"
#include "serving/api/open_inference.h"
#include "serving/batcher.h"
#include "serving/http/http.h"
#include "serving/metrics.h"
#include "serving/model_slot.h"
#include "serving/pages/page.h"
#include "serving/policies/served_policy.h"
#include "serving/store/feedback_log.h"
#include "serving/store/history_store.h"
#include "serving/title_editor.h"

namespace marquee::serving {

struct ServiceOptions {
  std::string tenant;  // its name among several services of a server; "": it is the only one
  std::filesystem::path bundle;
  std::filesystem::path compared;  // with whose pages those of the bundle can be compared; "": none
  std::filesystem::path state;     // folder of the store
  std::string histories;  // "": a file in `state`; "memory"; else a Redis (history_backend.h)
  std::string device = "cpu";
  std::shared_ptr<const TrustedKeys> trusted;  // who may sign bundles; null: anybody, or nobody
  configs::QueueConfig queue;
  configs::StoreConfig store;
  configs::RetentionConfig retention;
  configs::PageConfig page;
  configs::DiversityConfig diversity;
  configs::AnswerConfig answer;
  configs::RetrievalConfig retrieval;
  std::filesystem::path policy;     // folder of the policy that chooses rows; "": none
  std::filesystem::path exposures;  // folder of the log of what was shown; "": there is none
  configs::ExposureConfig exposure;
};

struct SimilarCall {
  std::string title_id;
  int k = 10;
};

struct PageCall {
  inference::Request request;
  ModelSlot::Model of = nullptr;  // null: the current model
  bool explain = false;           // writes which policy chose, and with what probability
  // Of a caller that has its own time and ids: when it is shown, in ms since 1970, and as what.
  // 0 and "": now, under an id that no other request has.
  int64_t shown_ms = 0;
  std::string request_id = {};
};

using Call = std::variant<inference::Request, PageCall, inference::PredictRequest,
                          inference::OnboardingRequest, SimilarCall, InferCall>;

struct Job {
  Call call;
  bool prefetch = false;  // for a page that may never be looked at
  std::chrono::steady_clock::time_point queued, deadline;
  HttpReply reply;  // answered once, however often a batch fails
};

class Service {
 public:
  // Throws Error if the bundle does not load or the store cannot be opened.
  explicit Service(const ServiceOptions& options);
  ~Service();

  // Answers the job sooner or later, on any thread: at once with 503 if the queue is full (for a
  // prefetch: not nearly empty), with 504 if its deadline passes before it is looked at, with the
  // most watched titles if it waits longer than degrade_after.
  void submit(Job job);

  // Pages of the current model for a caller that needs no transport: in one pass on this thread, so
  // that they depend on the calls alone, and logged as shown. One result a call, in order.
  std::vector<inference::Result<PageAnswer>> pages(std::vector<PageCall> calls);

  // Keeps events, and then logs that they happened. `received`: Unix seconds.
  void record(std::vector<UserEvent> events, int64_t received, HistoryStore::Done done);

  // Under which id the log of what was shown, and what is made from it, knows a user; "": none.
  std::string logged_as(const std::string& user_id) const;
  // Removes every trace of the user. The count is of events.
  void forget(const std::string& user_id, HistoryStore::Done done);

  // Gives the policy what came of pages whose time is over at `now_ms` (since 1970). The server
  // does so as it answers; a caller with a time of its own calls this.
  void learn(int64_t now_ms);

  // Answers what is queued, writes what is to be written, and takes no more.
  void stop();

  const ServiceOptions& options() const { return options_; }
  ModelSlot& models() { return models_; }
  HistoryStore& store() { return store_; }
  TitleEditor& title_editor() { return title_editor_; }
  Metrics& metrics() { return metrics_; }
  const ServedPolicy* policy() const { return policy_.get(); }  // null: there is none
  Gauges gauges() const;

  std::atomic<bool> draining = false;  // not ready any more

 private:
  void answer(std::vector<Job> jobs);
  void respect_choice(Job& job) const;
  void answer_recommendations(const std::vector<Job*>& jobs, const ServedModel& model);
  void answer_pages(const std::vector<Job*>& jobs, const ModelSlot::Model& current);
  std::vector<inference::Result<PageAnswer>> show_pages(const ServedModel& model,
                                                        std::vector<PageCall> calls,
                                                        const std::vector<bool>& prefetch);
  void learn_as_served();
  void keep_learned();
  void keep_learned_now_and_then();
  void remember(PageAnswer& page, const inference::Request& request, int64_t shown_ms);
  void remember(const inference::Answer& list, const inference::Request& request);
  // Gives the answer its id and logs what it shows, where that is logged.
  template <typename AnswerT>
  void show(AnswerT& answer, const std::optional<std::string>& user_id, bool prefetch,
            int64_t shown_ms = 0);
  void answer_if_late(const Job& job, const ServedModel& model,
                      std::chrono::steady_clock::time_point now);

  const ServiceOptions options_;
  bool stopped_ = false;
  std::atomic<int64_t> learned_kept_ms_ = 0;  // since 1970; 0: not yet
  Metrics metrics_;
  std::shared_ptr<ServedPolicy> policy_;  // null: none
  std::shared_ptr<RecentPages> recent_;   // null: nobody needs them
  std::shared_ptr<TitleTrials> trials_;   // null: no titles are tried
  HistoryStore store_;
  std::unique_ptr<FeedbackLog> feedback_;  // null: none
  ModelSlot models_;
  TitleEditor title_editor_;
  Batcher<Job> batcher_;
};

}  // namespace marquee::serving
