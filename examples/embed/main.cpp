// Ranks titles for a member in this process, from a bundle that `marquee export` wrote:
//   embed BUNDLE TITLE_ID...     the titles that the member watched, oldest first
#include <marquee/core/error.h>
#include <marquee/core/version.h>
#include <marquee/inference/engine.h>

#include <cstdio>
#include <exception>

namespace {

using namespace marquee::inference;

Request top_picks(int titles, char** ids) {
  Request request;
  request.k = 5;
  for (int i = 0; i < titles; ++i) {
    HistoryItem item;
    item.title_id = ids[i];
    item.event = marquee::data::Event::kComplete;
    request.history.push_back(item);
  }
  return request;
}

void print(const std::vector<AnsweredTitle>& titles) {
  for (const auto& title : titles) {
    std::printf("%8.3f  %-10s %s", title.score, title.title_id.c_str(), title.name.c_str());
    if (!title.reasons.empty()) std::printf("  (%s)", title.reasons.front().c_str());
    std::printf("\n");
  }
}

void run(const char* bundle, int titles, char** ids) {
  const Engine engine(bundle);
  std::printf("Top picks by %s:\n", engine.name().c_str());
  const Answer answer = engine.recommend(top_picks(titles, ids));
  print(answer.items);
  for (const auto& id : answer.unknown_titles) std::printf("not known: %s\n", id.c_str());
  if (answer.items.empty()) return;
  const AnsweredTitle& best = answer.items.front();
  std::printf("Similar to %s:\n", best.name.c_str());
  print(engine.similar(best.title_id, 3));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "embed (marquee %s): embed BUNDLE TITLE_ID...\n", marquee::kVersion);
    return 2;
  }
  try {
    run(argv[1], argc - 2, argv + 2);
    return 0;
  } catch (const marquee::Error& error) {
    std::fprintf(stderr, "embed: %s\n", error.what());
    return error.exit_code();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "embed: %s\n", error.what());
    return 1;
  }
}
