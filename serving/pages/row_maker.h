// The rows that a user's page could have, in their usual order.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "inference/retrieval/title_bitmap.h"
#include "inference/runner.h"
#include "serving/pages/page.h"

namespace marquee::serving {

// A row before it is decided where it comes and which of its titles are shown.
struct RowDraft {
  RowKind kind = RowKind::kTop;
  std::string name;
  std::vector<inference::ScoredTitle> candidates;  // not taken yet, the best first
  std::string reason;                              // of each title; "": the model's own
  uint32_t relaxed = 0;  // rules of lists that it does not keep, bits of kRelaxed
};

class RowMaker {
 public:
  // Whether the row was put on the page, or may be: rows of a kind are made until enough were.
  using Place = std::function<bool(RowDraft)>;

  // All of them must outlive this. `taken`: titles that no further row may have, read for each row;
  // `depth`: most candidates of a row.
  RowMaker(const Pager& pager, const inference::Ranking& ranking,
           const inference::TitleBitmap& taken, size_t depth);

  // Titles that rows are likely to be about.
  std::vector<uint32_t> anchors() const;

  const std::vector<inference::PositiveTitle>& positives() const { return positives_; }

  void make(const Place& place) const;

  // Titles that hardly anybody has watched and that no row has, the best for the user first.
  std::vector<inference::ScoredTitle> little_known() const;

 private:
  struct Favourite {
    data::Feature feature;
    uint32_t name;
    double weight;
  };

  void make_continue(const Place& place) const;
  void make_because(const Place& place) const;
  void make_popular(const Place& place) const;
  void make_favourites(const Place& place) const;
  std::vector<Favourite> favourites() const;
  RowDraft favourite_row(const Favourite& favourite) const;

  // Those of `titles` that are not taken and pass `fits`, in their order.
  template <typename Titles, typename Fits>
  std::vector<inference::ScoredTitle> pick(const Titles& titles, const Fits& fits) const;
  // The best of them for the user.
  std::vector<inference::ScoredTitle> best_of(const std::vector<uint32_t>& titles) const;

  const Pager& pager_;
  const inference::Runner& runner_;
  const inference::TitleTable& titles_;
  const inference::Ranking& ranking_;
  const PageConfig& rules_;
  const inference::TitleBitmap& taken_;
  const size_t depth_;
  const std::vector<inference::PositiveTitle> positives_;
};

}  // namespace marquee::serving
