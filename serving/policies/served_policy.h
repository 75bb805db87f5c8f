// A policy of pages as it is served: an artefact with a configuration and what was learned so far,
// which goes on learning from what is shown and what comes of it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "core/artefact.h"
#include "serving/pages/recent_pages.h"
#include "serving/pages/row_policy.h"
#include "serving/policies/bandit.h"

namespace marquee::serving {

class ServedPolicy : public RowPolicy {
 public:
  // One that has learned nothing yet but, where rewards come day by day, how those vary together.
  explicit ServedPolicy(const configs::PolicyConfig& config);
  ServedPolicy(const configs::PolicyConfig& config, const DayTraces& traces);

  // Throws Error (artefact) if the folder is no policy, is damaged, or chooses otherwise than when
  // it was written.
  explicit ServedPolicy(const std::filesystem::path& folder, const TrustedKeys* trusted = nullptr);

  const std::string& id() const override { return id_; }
  uint64_t seed() const override { return static_cast<uint64_t>(config_.seed); }
  int most_rows() const override { return config_.rows.most; }
  size_t candidates() const override {
    return config_.titles.fill == "best" ? 0 : static_cast<size_t>(config_.titles.candidates);
  }
  Choice next_row(const UserFeatures& features, int position, std::span<const RowKind> offered,
                  RandomStream& random) const override;
  std::vector<Choice> fill(RowKind kind, std::span<const inference::ScoredTitle> candidates,
                           size_t slots, RandomStream& random) const override;

  // The probability that each kind of row, [kRowKinds], comes next if those in `offered`, bit
  // RowKind each, can come.
  std::vector<double> row_probabilities(const UserFeatures& features, int position,
                                        uint32_t offered) const;

  const configs::PolicyConfig& config() const { return config_; }
  const Manifest& manifest() const { return manifest_; }  // that it was read with, if it was

  // Takes over what another of the same configuration learned.
  void restore(const ServedPolicy& other);

  // What an event is worth to the row it came from.
  double reward(const UserEvent& event) const;

  // Whether it is to go on learning from what it shows.
  bool learns() const { return bandit_ && config_.learns; }
  // From every row of the pages, in their order: what is new on ShownPage::day.
  void learn(const std::vector<ShownPage>& pages);
  // The same of one row, whose rewards are known of the first days.
  void learn(RowKind kind, const UserFeatures& features, int position,
             std::span<const double> rewards);
  // The rewards of a row of a page, day by day, as far as they are known.
  std::vector<double> day_rewards(const ShownPage& page, const ShownRow& row) const;

  int64_t rewards() const;  // that were learned from
  // The mean reward that is believed of a kind of row at a position, if the policy believes any.
  std::optional<double> believed(RowKind kind, const UserFeatures& features, int position) const;

  // Throws as ArtefactWriter. `sources`: what it was made from.
  void save(const std::filesystem::path& folder, bool overwrite,
            const std::vector<Source>& sources) const;

 private:
  explicit ServedPolicy(const Artefact& artefact);
  ServedPolicy(const Artefact& artefact, const configs::PolicyConfig& config);
  Json golden() const;

  const configs::PolicyConfig config_;
  const DayTraces traces_;
  std::string id_;
  Manifest manifest_;
  mutable std::shared_mutex mutex_;  // guards bandit_
  std::optional<Bandit> bandit_;     // none: rows are in a fixed or a random order
};

}  // namespace marquee::serving
