#include "serving/pages/page_reasons.h"

#include <utility>

namespace marquee::serving {

void explain(std::vector<PageRow>& rows, const inference::Runner& runner,
             const inference::User& user) {
  std::vector<inference::AnsweredTitle*> items;
  std::vector<inference::ScoredTitle> titles;
  for (PageRow& row : rows) {
    for (inference::AnsweredTitle& item : row.items) {
      if (!item.reasons.empty()) continue;
      items.push_back(&item);
      const int64_t title = runner.bundle().titles().find(item.title_id);
      titles.push_back({static_cast<uint32_t>(title), item.score});
    }
  }
  auto reasons = runner.reasons().explain(user, titles);
  for (size_t i = 0; i < items.size(); ++i) items[i]->reasons = std::move(reasons[i]);
}

}  // namespace marquee::serving
