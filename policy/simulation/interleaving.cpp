#include "policy/simulation/interleaving.h"

#include <algorithm>
#include <unordered_set>

namespace marquee::policy {

std::vector<Drafted> team_draft(const std::array<std::vector<std::string>, 2>& lists, size_t most,
                                RandomStream& random) {
  std::vector<Drafted> drafted;
  std::unordered_set<std::string> taken;
  std::array<size_t, 2> next{};
  const auto take = [&](size_t team) {
    const auto& list = lists[team];
    size_t& i = next[team];
    while (i < list.size() && taken.contains(list[i])) ++i;
    if (i == list.size() || drafted.size() == most) return false;
    taken.insert(list[i]);
    drafted.push_back({team, i++});
    return true;
  };
  while (true) {
    const size_t first = random.below(2);
    const bool one = take(first), other = take(1 - first);
    if (!one && !other) return drafted;
  }
}

InterleavedPage interleaved(const std::array<const serving::PageAnswer*, 2>& pages,
                            RandomStream& random) {
  InterleavedPage result;
  result.page.id = pages[0]->id;
  result.page.request_id = pages[0]->request_id;
  const size_t rows = std::max(pages[0]->rows.size(), pages[1]->rows.size());
  for (size_t row = 0; row < rows; ++row) {
    std::array<std::vector<std::string>, 2> lists;
    std::array<std::vector<const inference::AnsweredTitle*>, 2> items;
    size_t most = 0;
    for (size_t team = 0; team < 2; ++team) {
      if (row >= pages[team]->rows.size()) continue;
      const serving::PageRow& from = pages[team]->rows[row];
      most = std::max(most, from.items.size());
      for (const auto& item : from.items) {
        if (result.team.contains(item.title_id)) continue;
        lists[team].push_back(item.title_id);
        items[team].push_back(&item);
      }
    }
    serving::PageRow& made = result.page.rows.emplace_back();
    for (const Drafted& each : team_draft(lists, most, random)) {
      made.items.push_back(*items[each.team][each.index]);
      result.team[made.items.back().title_id] = each.team;
    }
  }
  return result;
}

}  // namespace marquee::policy
