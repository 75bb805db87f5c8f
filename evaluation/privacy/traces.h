// What a model gives for the histories of people, whether it was trained on them or not: scores
// that tell members from others where training has left traces, and what a model knows of a person.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "evaluation/privacy/people.h"
#include "inference/bundle.h"

namespace marquee::evaluation {

// Of the people of an audit, in their order. Scores are higher where somebody looks more like a
// member.
struct Traces {
  // Mean of -log(1 + rank) of the person's titles, each ranked by a history without its part.
  std::vector<double> hidden_titles;
  // The same, with the mean log(1 + rank by train interactions) of these titles added: how much
  // higher the model ranks them than their popularity does.
  std::vector<double> beyond_popularity;
  // Mean log softmax, over the catalogue, of the titles of the whole history.
  std::vector<double> history_loss;
  // Cosine of the mean vectors of history and list of ten, less that of the list and the most
  // popular ten (shadow-free membership inference, IJCAI 2024). Empty where titles have neither
  // vectors nor genres.
  std::vector<double> similarity;
  // The same where people who are no members get the most popular ten (Zhang et al., CCS 2021).
  std::vector<double> popular_lists;
  // [people, width] the vector of the person or, where that is longer than kMostFeatures, as many
  // random combinations of what the model gives (Johnson & Lindenstrauss 1984).
  std::vector<float> features;
  size_t width = 0;
};

inline constexpr size_t kMostFeatures = 128;

// `on_progress` gets the number of people that are done. Throws Error (artefact) where a score is
// not finite. The bundle must number its titles as the dataset does.
Traces find_traces(const inference::Bundle& bundle, const data::Dataset& dataset,
                   const People& people, uint64_t seed,
                   const std::function<void(int64_t)>& on_progress);

}  // namespace marquee::evaluation
