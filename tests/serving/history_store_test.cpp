#include "serving/store/history_store.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <future>
#include <thread>

#include "core/file.h"
#include "core/text.h"
#include "serving/store/history_backend.h"
#include "tests/core/temp_folder.h"

namespace marquee::serving {
namespace {

UserEvent event(const std::string& id, const std::string& user, const std::string& title,
                int64_t time) {
  UserEvent made{id, user, {}};
  made.item.title_id = title;
  made.item.timestamp = time;
  return made;
}

struct Result {
  std::optional<Error> error;
  int64_t count = 0;
};

Result append(HistoryStore& store, std::vector<UserEvent> events) {
  std::promise<Result> promise;
  store.append(std::move(events), [&](const std::optional<Error>& error, int64_t count) {
    promise.set_value({error, count});
  });
  return promise.get_future().get();
}

Result forget(HistoryStore& store, const std::string& user) {
  std::promise<Result> promise;
  store.forget(user, [&](const std::optional<Error>& error, int64_t count) {
    promise.set_value({error, count});
  });
  return promise.get_future().get();
}

std::string titles_of(const HistoryStore& store, const std::string& user) {
  const auto history = store.history(user);
  std::vector<std::string> titles;
  if (history) {
    for (const auto& item : *history) titles.push_back(item.title_id);
  }
  return join(titles, " ");
}

class HistoryStoreTest : public testing::Test {
 protected:
  std::filesystem::path file() const { return folder_ / "history.db"; }
  TempFolder folder_;
};

TEST_F(HistoryStoreTest, RemembersInOrderOfTimeAcrossOpenings) {
  {
    HistoryStore store(file());
    EXPECT_EQ(store.history("u"), nullptr);
    EXPECT_EQ(
        append(store, {event("1", "u", "b", 20), event("2", "u", "a", 10), event("3", "v", "c", 5)})
            .count,
        3);
    EXPECT_EQ(titles_of(store, "u"), "a b") << "known at once, though it was known to have none";
  }
  const HistoryStore store(file());
  EXPECT_EQ(titles_of(store, "u"), "a b");
  EXPECT_EQ(titles_of(store, "v"), "c");
}

TEST_F(HistoryStoreTest, KeepsWhatHappenedAsItWas) {
  HistoryStore store(file());
  UserEvent rating = event("1", "u", "a", 7);
  rating.item.event = data::Event::kRating;
  rating.item.value = 3.5F;
  append(store, {rating, event("2", "u", "b", 8)});
  const auto history = store.history("u");
  ASSERT_EQ(history->size(), 2U);
  EXPECT_EQ(history->front().event, data::Event::kRating);
  EXPECT_EQ(history->front().value, 3.5F);
  EXPECT_EQ(history->front().timestamp, 7);
  EXPECT_TRUE(std::isnan(history->back().value));
}

TEST_F(HistoryStoreTest, TheSameEventAgainChangesNothing) {
  HistoryStore store(file());
  EXPECT_EQ(append(store, {event("1", "u", "a", 1)}).count, 1);
  EXPECT_EQ(append(store, {event("1", "u", "other", 2), event("2", "u", "b", 3)}).count, 1);
  EXPECT_EQ(titles_of(store, "u"), "a b");
}

TEST_F(HistoryStoreTest, ForgettingLeavesNoTraceInItsFiles) {
  const std::string secret = "a-title-nobody-else-has";
  HistoryStore store(file());
  append(store, {event("1", "u", secret, 1), event("2", "v", "b", 1)});
  EXPECT_EQ(forget(store, "u").count, 1);
  EXPECT_EQ(store.history("u"), nullptr);
  EXPECT_EQ(titles_of(store, "v"), "b");
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    EXPECT_EQ(read_file(entry.path()).find(secret), std::string::npos) << entry.path();
  }
}

TEST_F(HistoryStoreTest, ReadersAndTheWriterAgree) {
  HistoryStore store(file(), /*cached_users=*/1);
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int thread = 0; thread < 3; ++thread) {
    readers.emplace_back([&] {
      while (!stop) {
        for (const char* user : {"u", "v", "w"}) store.history(user);
      }
    });
  }
  for (int i = 1; i <= 100; ++i) {
    append(store, {event(cat("u", i), "u", cat("t", i), i), event(cat("v", i), "v", "x", i)});
    ASSERT_EQ(store.history("u")->size(), static_cast<size_t>(i)) << "what was acknowledged shows";
  }
  stop = true;
  for (auto& reader : readers) reader.join();
}

TEST_F(HistoryStoreTest, AnswersNewestTenThousand) {
  HistoryStore store(file());
  std::vector<UserEvent> events;
  for (int i = 0; i < inference::kMaxHistory + 5; ++i) {
    events.push_back(event(cat(i), "u", cat("t", i), i));
  }
  append(store, std::move(events));
  EXPECT_EQ(store.history("u")->size(), static_cast<size_t>(inference::kMaxHistory));
  EXPECT_EQ(store.history("u")->front().title_id, "t5");
}

// More than are removed at once; others' events are written meanwhile, and stay.
TEST_F(HistoryStoreTest, RemovesInPartsWhatIsOlderThanItIsKept) {
  const int64_t now = std::time(nullptr);
  {
    HistoryStore store(file());
    for (int part = 0; part < 3; ++part) {
      std::vector<UserEvent> events;
      for (int i = 0; i < 9'000; ++i) {
        const std::string id = cat(part, "-", i);
        events.push_back(event(id, cat("u", i % 50), id, now - 90 * 86'400 + i));
      }
      ASSERT_FALSE(append(store, std::move(events)).error);
    }
    append(store, {event("new", "u1", "new", now - 86'400)});
  }
  HistoryStore::KeepDays days{};
  days[static_cast<size_t>(data::Event::kPlay)] = 30;
  HistoryStore store(sqlite_histories(file()), 100, days);
  for (int i = 0; i < 500 && titles_of(store, "u2") != ""; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(titles_of(store, "u2"), "");
  for (int i = 0; i < 500 && titles_of(store, "u1") != "new"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(titles_of(store, "u1"), "new");
}

TEST_F(HistoryStoreTest, KeepsAChoiceWithoutAHistory) {
  const auto choose = [](HistoryStore& store, bool without_profile) {
    std::promise<bool> done;
    store.choose("u", without_profile, [&](const auto& error, int64_t) { done.set_value(!error); });
    return done.get_future().get();
  };
  {
    HistoryStore store(file());
    EXPECT_FALSE(store.without_profile("u"));
    EXPECT_TRUE(choose(store, true));
    EXPECT_TRUE(store.without_profile("u"));
    EXPECT_EQ(store.history("u"), nullptr);
  }
  HistoryStore store(file());
  EXPECT_TRUE(store.without_profile("u"));
  append(store, {event("1", "u", "a", 10)});
  EXPECT_TRUE(store.without_profile("u"));
  EXPECT_EQ(titles_of(store, "u"), "a");
  EXPECT_EQ(forget(store, "u").count, 1);
  EXPECT_FALSE(store.without_profile("u")) << "the choice is forgotten as well";
  EXPECT_TRUE(choose(store, true));
  EXPECT_TRUE(choose(store, false));
  EXPECT_FALSE(store.without_profile("u"));
}

TEST_F(HistoryStoreTest, RefusesWhatIsNotItsOwn) {
  std::ofstream(file()) << std::string(8'192, 'x');
  EXPECT_THROW(HistoryStore store(file()), Error);
}

TEST_F(HistoryStoreTest, OneProcessAtATime) {
  const HistoryStore store(file());
  EXPECT_THROW(HistoryStore second(file()), Error);
}

TEST_F(HistoryStoreTest, StoppedItSaysSo) {
  HistoryStore store(file());
  store.stop();
  EXPECT_TRUE(append(store, {event("1", "u", "a", 1)}).error);
}

}  // namespace
}  // namespace marquee::serving
