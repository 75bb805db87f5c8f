// What the service keeps of what it showed and of what came of it: histories, the log, the last
// pages, and what its policy learns from them.
#include <algorithm>
#include <chrono>

#include "serving/exposure.h"
#include "serving/policies/policy_state.h"
#include "serving/service.h"

namespace marquee::serving {

using inference::Answer;
using inference::Request;
using inference::Result;

namespace {

int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

template <typename AnswerT>
void Service::show(AnswerT& answer, const std::optional<std::string>& user_id, bool prefetch,
                   int64_t shown_ms) {
  if (!feedback_) return;
  if (answer.request_id.empty()) answer.request_id = new_request_id();
  Exposure exposure = exposure_of(answer);
  exposure.user_id = user_id.value_or("");
  exposure.prefetch = prefetch;
  exposure.shown_ms = shown_ms;
  feedback_->shown(exposure);
}

void Service::record(std::vector<UserEvent> events, int64_t received, HistoryStore::Done done) {
  if (!feedback_ && !policy_ && !trials_) return store_.append(std::move(events), std::move(done));
  auto kept = events;
  store_.append(std::move(events), [this, received, kept = std::move(kept), done = std::move(done)](
                                       const std::optional<Error>& error, int64_t added) {
    if (error) return done(error, added);
    for (const UserEvent& event : kept) {
      if (feedback_) feedback_->happened(event, received);
      if (recent_) recent_->happened(event, policy_ ? policy_->reward(event) : 0);
    }
    done(error, added);
  });
}

std::string Service::logged_as(const std::string& user_id) const {
  return feedback_ ? feedback_->id_of(user_id) : "";
}

void Service::forget(const std::string& user_id, HistoryStore::Done done) {
  if (recent_) recent_->forget(user_id);
  store_.forget(user_id, [this, user_id, done = std::move(done)](const std::optional<Error>& error,
                                                                 int64_t removed) {
    if (error || !feedback_) return done(error, removed);
    feedback_->forget(user_id, [done, removed](const auto& failed) { done(failed, removed); });
  });
}

void Service::learn(int64_t now_ms) {
  if (!recent_ || (!policy_ && !trials_)) return;
  const auto finished = recent_->take_finished(now_ms);
  if (policy_ && policy_->learns()) policy_->learn(finished);
  if (trials_) trials_->learn(finished);
}

template void Service::show(Answer&, const std::optional<std::string>&, bool, int64_t);
template void Service::show(PageAnswer&, const std::optional<std::string>&, bool, int64_t);

void Service::remember(PageAnswer& page, const Request& request, int64_t shown_ms) {
  if (page.request_id.empty()) page.request_id = new_request_id();
  ShownPage shown{page.request_id, request.user_id.value_or(""), shown_ms, {}, {}};
  if (shown_ms == 0) shown.shown_ms = now_ms();
  std::ranges::copy(page.features, shown.features.begin());
  for (const PageRow& row : page.rows) {
    ShownRow& of = shown.rows.emplace_back(ShownRow{row.kind, {}});
    for (const auto& item : row.items) of.titles.push_back(title_key(item.title_id));
    for (const size_t place : row.tried) of.tried.push_back({of.titles[place]});
  }
  recent_->shown(std::move(shown));
}

// Where lists are asked for in which what was shown again and again comes last.
void Service::remember(const Answer& list, const Request& request) {
  if (!request.sink_repeated || !request.user_id) return;
  const std::string id = list.request_id.empty() ? new_request_id() : list.request_id;
  ShownPage shown{id, *request.user_id, now_ms(), {}, {{RowKind::kTop, {}}}, /*is_list=*/true};
  for (const auto& item : list.items) {
    shown.rows.front().titles.push_back(title_key(item.title_id));
  }
  recent_->shown(std::move(shown));
}

std::vector<Result<PageAnswer>> Service::show_pages(const ServedModel& model,
                                                    std::vector<PageCall> calls,
                                                    const std::vector<bool>& prefetch) {
  std::vector<Request> requests;
  for (PageCall& call : calls) requests.push_back(std::move(call.request));
  auto results = model.pager.pages(requests);
  for (size_t i = 0; i < results.size(); ++i) {
    auto* page = std::get_if<PageAnswer>(&results[i]);
    if (page == nullptr) continue;
    page->request_id = std::move(calls[i].request_id);
    page->explain = calls[i].explain;
    show(*page, requests[i].user_id, prefetch[i], calls[i].shown_ms);
    if (recent_ && !prefetch[i]) remember(*page, requests[i], calls[i].shown_ms);
  }
  return results;
}

std::vector<Result<PageAnswer>> Service::pages(std::vector<PageCall> calls) {
  const std::vector<bool> prefetch(calls.size());
  return show_pages(*models_.current(), std::move(calls), prefetch);
}

void Service::learn_as_served() {
  learn(now_ms());
  keep_learned_now_and_then();
}

void Service::keep_learned() {
  if (policy_) keep_policy(*policy_, options_.state);
  if (trials_) trials_->keep();
}

// So that a server that is killed loses little of what it learned.
void Service::keep_learned_now_and_then() {
  constexpr int64_t kEveryMs = 10 * 60 * 1'000;
  if (!policy_ && !trials_) return;
  int64_t kept = learned_kept_ms_;
  const int64_t now = now_ms();
  if (now - kept < kEveryMs || !learned_kept_ms_.compare_exchange_strong(kept, now)) return;
  if (kept != 0) keep_learned();  // 0: it has just started
}

}  // namespace marquee::serving
