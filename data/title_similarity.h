// What makes two titles similar: a model says it, a bundle records it, retrieval acts on it.
#pragma once

namespace marquee::data {

enum class TitleSimilarity {
  kVectors,         // "vectors": the cosine of their vectors
  kScores,          // "scores": the model's scores for a history of the one title
  kSharedFeatures,  // "content": genres, people and studios in common; the model says nothing of it
};

}  // namespace marquee::data
