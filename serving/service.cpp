#include "serving/service.h"

#include <algorithm>
#include <exception>
#include <map>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "serving/diversity_options.h"
#include "serving/policies/policy_state.h"
#include "serving/store/history_backend.h"

namespace marquee::serving {

namespace {

using Clock = std::chrono::steady_clock;
using inference::Answer;
using inference::OnboardingRequest;
using inference::PredictRequest;
using inference::Request;
using inference::Result;

double seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

std::filesystem::path file_in(const std::filesystem::path& folder, const char* name) {
  std::filesystem::create_directories(folder);
  return folder / name;
}

// A member of whom nothing is stored is a new one.
inference::HistoryLookup lookup_in(const HistoryStore& store) {
  return [&store](const std::string& user) {
    const auto history = store.history(user);
    return std::optional(history ? *history : std::vector<inference::HistoryItem>());
  };
}

std::unique_ptr<HistoryBackend> histories_of(const ServiceOptions& options) {
  if (options.histories == "memory") return memory_histories();
  return options.histories.empty() ? sqlite_histories(file_in(options.state, "history.db"))
                                   : redis_histories(options.histories);
}

// In the order of data::Event.
HistoryStore::KeepDays keep_days(const configs::RetentionConfig& c) {
  return {c.play, c.complete, c.rating, c.like, c.dislike, c.list, c.hide};
}

std::shared_ptr<RecentPages> recent_pages_of(const ServiceOptions& options,
                                             const ServedPolicy* policy) {
  constexpr double kHourMs = 3'600'000;
  const bool learns = policy != nullptr && policy->learns();
  const bool tries = options.page.try_share > 0;
  const bool differs = options.diversity.recent > 0;
  if (!learns && !tries && !differs && options.page.repeat_pages == 0) return nullptr;
  const configs::RewardConfig reward = learns ? policy->config().reward : configs::RewardConfig{};
  const double hours = learns ? reward.hours : tries ? options.page.try_hours : 0;
  return std::make_shared<RecentPages>(
      RecentPages::Options{.most = static_cast<size_t>(options.store.recent_pages),
                           .window_ms = static_cast<int64_t>(hours * kHourMs),
                           .of_a_user = std::max<size_t>(options.page.repeat_pages, differs),
                           .returned = reward.returned,
                           .return_days = reward.return_days});
}

std::shared_ptr<TitleTrials> trials_of(const ServiceOptions& options) {
  if (options.page.try_share == 0) return nullptr;
  return std::make_shared<TitleTrials>(file_in(options.state, "tried_titles.json"));
}

std::shared_ptr<ServedPolicy> policy_of(const ServiceOptions& options) {
  if (options.policy.empty()) return nullptr;
  return open_policy(options.policy, options.state, options.trusted.get());
}

template <typename T>
HttpResponse response_of(const Result<T>& result) {
  if (const auto* error = std::get_if<Error>(&result)) return error_response(*error);
  return {.body = to_json(std::get<T>(result))};
}

using Jobs = std::vector<Job*>;

// Answers the jobs in one pass. Whatever is thrown answers those that are still without an answer.
template <typename AnswerAll>
void answer_together(const Jobs& jobs, const AnswerAll& answer_all) {
  try {
    answer_all(jobs);
  } catch (const std::exception& error) {
    const HttpResponse response = failure_response(cat("a batch: ", error.what()));
    for (const Job* job : jobs) job->reply(response);
  }
}

// Those jobs of a batch that are of one kind and not answered yet.
template <typename CallT, typename AnswerAll>
void answer_kind(std::vector<Job>& jobs, const AnswerAll& answer_all) {
  Jobs of_kind;
  for (Job& job : jobs) {
    if (!job.reply.answered() && std::holds_alternative<CallT>(job.call)) of_kind.push_back(&job);
  }
  if (!of_kind.empty()) answer_together(of_kind, answer_all);
}

template <typename T>
void reply_all(const Jobs& jobs, const std::vector<Result<T>>& results) {
  for (size_t i = 0; i < jobs.size(); ++i) jobs[i]->reply(response_of(results[i]));
}

template <typename CallT>
std::vector<CallT> calls_of(const Jobs& jobs) {
  std::vector<CallT> calls;
  for (Job* job : jobs) calls.push_back(std::move(std::get<CallT>(job->call)));
  return calls;
}

// Null: the call is about no user.
inference::UserRequest* about_user(Call& call) {
  if (auto* const request = std::get_if<Request>(&call)) return request;
  if (auto* const page = std::get_if<PageCall>(&call)) return &page->request;
  return std::get_if<PredictRequest>(&call);
}

PageAnswer popular_page(const PageCall& call, const ServedModel& model) {
  return (call.of ? *call.of : model).pager.popular(call.request);
}

std::string similar_json(const SimilarCall& call, const inference::Runner& runner) {
  Answer answer{.id = call.title_id,
                .model = runner.bundle().name(),
                .items = runner.similar(call.title_id, call.k),
                .unknown_titles = {}};
  return to_json(answer);
}

void answer_predictions(const Jobs& jobs, const ServedModel& model) {
  if (model.runner.ranker().predicts_ratings()) {
    return reply_all(jobs, model.runner.try_predict(calls_of<PredictRequest>(jobs)));
  }
  for (const Job* job : jobs) {
    job->reply(error_response(400, cat(model.bundle.name(), " predicts no ratings")));
  }
}

void answer_similar(const Jobs& jobs, const ServedModel& model) {
  const inference::TitleTable& titles = model.bundle.titles();
  for (const Job* job : jobs) {
    const auto& call = std::get<SimilarCall>(job->call);
    const int64_t title = titles.find(call.title_id);
    if (title == 0 || titles[title].withdrawn) {
      job->reply(error_response(404, cat("there is no title ", in_quotes(call.title_id))));
    } else {
      job->reply({.body = similar_json(call, model.runner)});
    }
  }
}

void answer_inferences(const Jobs& jobs, const inference::Bundle& bundle) {
  for (const Job* job : jobs) {
    try {
      job->reply(open_inference::answer(std::get<InferCall>(job->call), bundle));
    } catch (const Error& error) {
      job->reply(error_response(error));
    }
  }
}

}  // namespace

Service::Service(const ServiceOptions& options)
    : options_(options),
      metrics_(options.tenant),
      policy_(policy_of(options)),
      recent_(recent_pages_of(options, policy_.get())),
      trials_(trials_of(options)),
      store_(histories_of(options), static_cast<size_t>(options.store.cached_users),
             keep_days(options.retention)),
      feedback_(options.exposures.empty()
                    ? nullptr
                    : std::make_unique<FeedbackLog>(options.exposures, options.exposure)),
      models_({lookup_in(store_),
               options.device,
               options.page,
               {policy_, recent_, trials_},
               diversity_of(options.diversity, options.answer),
               seen_rules(options.answer.seen),
               options.retrieval,
               options.trusted}),
      title_editor_(file_in(options.state, "titles.db"),
                    static_cast<size_t>(options.store.max_titles), models_),
      batcher_(options.queue, [this](std::vector<Job> jobs) { answer(std::move(jobs)); }) {
  models_.load(options.bundle);
  if (!options.compared.empty()) models_.compare_with(options.compared);
}

Service::~Service() { stop(); }

void Service::stop() {
  title_editor_.stop();
  batcher_.stop();
  store_.stop();
  if (feedback_) feedback_->stop();
  if (!std::exchange(stopped_, true)) keep_learned();
}

void Service::submit(Job job) {
  if (job.prefetch) {
    if (batcher_.push(job, static_cast<size_t>(options_.queue.max_prefetch))) return;
    metrics_.shed("prefetch");
    job.reply(unavailable_response("the server is busy; ask when the answer is needed"));
  } else if (!batcher_.push(job)) {
    metrics_.shed("queue_full");
    job.reply(unavailable_response("the server is full; try again in a moment"));
  }
}

// Answers without the model what there is no time for.
void Service::answer_if_late(const Job& job, const ServedModel& model, Clock::time_point now) {
  if (now > job.deadline) {
    metrics_.shed("late");
    job.reply(error_response(504, "the deadline passed before the request could be answered"));
    return;
  }
  const auto* request = std::get_if<Request>(&job.call);
  const auto* page = std::get_if<PageCall>(&job.call);
  const bool in_time =
      now - job.queued <= std::chrono::milliseconds(options_.queue.degrade_after_ms);
  if (in_time || (request == nullptr && page == nullptr)) return;
  metrics_.degraded();
  try {
    if (request != nullptr) {
      Answer answer = model.runner.popular(*request);
      show(answer, request->user_id, job.prefetch);
      job.reply({.body = to_json(answer)});
    } else {
      PageAnswer answer = popular_page(*page, model);
      show(answer, page->request.user_id, job.prefetch);
      job.reply({.body = to_json(answer)});
    }
  } catch (const Error& error) {
    job.reply(error_response(error));
  }
}

void Service::answer_recommendations(const Jobs& jobs, const ServedModel& model) {
  auto requests = calls_of<Request>(jobs);
  for (Request& request : requests) {
    if (!request.sink_repeated) continue;
    request.comes_last = [repeated = model.pager.repeated(request)](const std::string& id) {
      return repeated.contains(title_key(id));
    };
  }
  auto results = model.runner.try_recommend(requests);
  for (size_t i = 0; i < jobs.size(); ++i) {
    auto* answer = std::get_if<Answer>(&results[i]);
    if (answer == nullptr) continue;
    show(*answer, requests[i].user_id, jobs[i]->prefetch);
    if (!jobs[i]->prefetch) remember(*answer, requests[i]);
  }
  reply_all(jobs, results);
}

void Service::answer_pages(const Jobs& jobs, const ModelSlot::Model& current) {
  std::map<ModelSlot::Model, Jobs> by_model;
  for (Job* job : jobs) {
    const auto& of = std::get<PageCall>(job->call).of;
    by_model[of ? of : current].push_back(job);
  }
  for (const auto& [model, some] : by_model) {
    answer_together(some, [&, of = model](const Jobs& pages) {
      std::vector<bool> prefetch;
      for (const Job* job : pages) prefetch.push_back(job->prefetch);
      reply_all(pages, show_pages(*of, calls_of<PageCall>(pages), prefetch));
    });
  }
  learn_as_served();
}

// Who chose to have no profile gets none, whatever the request says.
void Service::respect_choice(Job& job) const {
  inference::UserRequest* const request = about_user(job.call);
  if (request == nullptr || !request->user_id) return;
  try {
    if (!store_.without_profile(*request->user_id)) return;
  } catch (const Error& error) {
    return job.reply(error_response(error));
  }
  request->without_profile = true;
  request->user_id.reset();
  job.reply = [reply = job.reply](HttpResponse response) {
    response.is_about_nobody = true;
    reply(std::move(response));
  };
}

void Service::answer(std::vector<Job> jobs) {
  const ModelSlot::Model model = models_.current();
  const auto start = Clock::now();
  metrics_.batch(jobs.size());
  for (Job& job : jobs) {
    metrics_.stage("wait", seconds(start - job.queued));
    respect_choice(job);
    if (!job.reply.answered()) answer_if_late(job, *model, start);
  }
  answer_kind<Request>(jobs, [&](const Jobs& some) { answer_recommendations(some, *model); });
  answer_kind<PageCall>(jobs, [&](const Jobs& some) { answer_pages(some, model); });
  answer_kind<PredictRequest>(jobs, [&](const Jobs& some) { answer_predictions(some, *model); });
  answer_kind<OnboardingRequest>(jobs, [&](const Jobs& some) {
    reply_all(some, next_questions(model->runner, calls_of<OnboardingRequest>(some)));
  });
  answer_kind<SimilarCall>(jobs, [&](const Jobs& some) { answer_similar(some, *model); });
  answer_kind<InferCall>(jobs, [&](const Jobs& some) { answer_inferences(some, model->bundle); });
  metrics_.stage("model", seconds(Clock::now() - start));
}

Gauges Service::gauges() const {
  const auto model = models_.current();
  const auto counts = store_.counts();
  const auto feedback = feedback_ ? feedback_->counts() : FeedbackLog::Counts{};
  return {.queue_depth = static_cast<double>(batcher_.depth()),
          .users_cached = static_cast<double>(counts.cached),
          .cache_hits = static_cast<double>(counts.hits),
          .cache_misses = static_cast<double>(counts.misses),
          .feedback_written = static_cast<double>(feedback.written),
          .feedback_left_out = static_cast<double>(feedback.left_out),
          .search_recall = model->search.recall,
          .model = model->bundle.name()};
}

}  // namespace marquee::serving
