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

#include "serving/api/open_inference.h"
#include "serving/batcher.h"
#include "serving/http/http.h"
#include "serving/metrics.h"
#include "serving/model_slot.h"
#include "serving/pages/page.h"
#include "serving/store/feedback_log.h"
#include "serving/store/history_store.h"
#include "serving/title_editor.h"

namespace marquee::serving {

struct ServiceOptions {
  std::filesystem::path bundle;
  std::filesystem::path compared;  // with whose pages those of the bundle can be compared; "": none
  std::filesystem::path state;     // folder of the store
  std::string histories;           // "": a file in `state`; else a Redis (history_backend.h)
  std::string device = "cpu";
  std::shared_ptr<const TrustedKeys> trusted;  // who may sign bundles; null: anybody, or nobody
  configs::QueueConfig queue;
  configs::StoreConfig store;
  configs::PageConfig page;
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
};

using Call =
    std::variant<inference::Request, PageCall, inference::PredictRequest, SimilarCall, InferCall>;

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

  // Answers what is queued, writes what is to be written, and takes no more.
  void stop();

  const ServiceOptions& options() const { return options_; }
  ModelSlot& models() { return models_; }
  HistoryStore& store() { return store_; }
  TitleEditor& title_editor() { return title_editor_; }
  Metrics& metrics() { return metrics_; }
  FeedbackLog* feedback() { return feedback_.get(); }  // null: there is none
  Gauges gauges() const;

  std::atomic<bool> draining = false;  // not ready any more

 private:
  void answer(std::vector<Job> jobs);
  void answer_recommendations(const std::vector<Job*>& jobs, const ServedModel& model);
  void answer_pages(const std::vector<Job*>& jobs, const ModelSlot::Model& current);
  // Gives the answer its id and logs what it shows, where that is logged.
  template <typename AnswerT>
  void show(AnswerT& answer, const std::optional<std::string>& user_id, const Job& job);
  void answer_if_late(const Job& job, const ServedModel& model,
                      std::chrono::steady_clock::time_point now);

  const ServiceOptions options_;
  Metrics metrics_;
  HistoryStore store_;
  std::unique_ptr<FeedbackLog> feedback_;
  ModelSlot models_;
  TitleEditor title_editor_;
  Batcher<Job> batcher_;
};

}  // namespace marquee::serving
