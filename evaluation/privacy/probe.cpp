#include "evaluation/privacy/probe.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/random.h"
#include "core/threads.h"

namespace marquee::evaluation {

namespace {

constexpr size_t kFolds = kProbeFolds;
constexpr double kRidge = 0.1;  // of a standardised feature, per person

// Those who have a label, with features of mean 0 and variance 1.
struct Subjects {
  size_t width = 0, count = 0, groups = 0;
  std::vector<double> features;  // [count, width]
  std::vector<size_t> labels;    // [count]
  std::vector<size_t> folds;     // [count]

  std::span<const double> row(size_t subject) const {
    return std::span(features).subspan(subject * width, width);
  }
};

void standardise(Subjects& subjects) {
  const auto count = static_cast<double>(subjects.count);
  for (size_t feature = 0; feature < subjects.width; ++feature) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < subjects.count; ++i) sum += subjects.row(i)[feature];
    const double mean = sum / count;
    for (size_t i = 0; i < subjects.count; ++i) {
      double& value = subjects.features[i * subjects.width + feature];
      value -= mean;
      squares += value * value;
    }
    const double deviation = std::sqrt(squares / count);
    // What is the same for everybody says nothing; rounding must not make it large.
    const double scale = deviation > 1e-6 * (std::abs(mean) + 1e-30) ? 1 / deviation : 0;
    for (size_t i = 0; i < subjects.count; ++i) {
      subjects.features[i * subjects.width + feature] *= scale;
    }
  }
}

Subjects subjects_of(const ProbeInput& input, uint64_t seed) {
  Subjects subjects;
  subjects.width = input.width;
  subjects.groups = static_cast<size_t>(input.groups);
  for (size_t i = 0; i < input.labels.size(); ++i) {
    if (input.labels[i] < 0) continue;
    const auto row = input.features.subspan(i * input.width, input.width);
    subjects.features.insert(subjects.features.end(), row.begin(), row.end());
    subjects.labels.push_back(static_cast<size_t>(input.labels[i]));
  }
  subjects.count = subjects.labels.size();
  standardise(subjects);
  std::vector<size_t> order(subjects.count);
  std::iota(order.begin(), order.end(), size_t{0});
  RandomStream(seed, "probe.folds").shuffle(order);
  std::ranges::stable_sort(order, {}, [&](size_t i) { return subjects.labels[i]; });
  subjects.folds.resize(subjects.count);
  for (size_t i = 0; i < order.size(); ++i) subjects.folds[order[i]] = i % kFolds;
  return subjects;
}

// The ridge regression of one fold, without labels: X'X + λ of everybody else, as L of LL'.
class Ridge {
 public:
  Ridge(const Subjects& subjects, size_t fold)
      : subjects_(subjects), fold_(fold), sum_(subjects.width), lower_(sum_.size() * sum_.size()) {
    for (size_t i = 0; i < subjects.count; ++i) {
      if (subjects.folds[i] == fold) continue;
      add_products(subjects.row(i));
      ++fitted_;
    }
    for (size_t i = 0; i < width(); ++i) at(i, i) += kRidge * static_cast<double>(fitted_);
    factor();
  }

  // Scores of the people of the fold for every group, into [count, groups].
  void score(const std::vector<size_t>& labels, std::vector<double>& scores) const {
    const size_t groups = subjects_.groups;
    std::vector<double> sums(groups * width()), sizes(groups);
    for (size_t i = 0; i < subjects_.count; ++i) {
      if (subjects_.folds[i] == fold_) continue;
      const auto row = subjects_.row(i);
      double* const own = sums.data() + labels[i] * width();
      for (size_t f = 0; f < width(); ++f) own[f] += row[f];
      sizes[labels[i]] += 1;
    }
    for (size_t group = 0; group < groups; ++group) {
      double* const weights = sums.data() + group * width();
      const double share = sizes[group] / static_cast<double>(fitted_);
      for (size_t f = 0; f < width(); ++f) weights[f] -= share * sum_[f];
      solve(weights);
      for (size_t i = 0; i < subjects_.count; ++i) {
        if (subjects_.folds[i] != fold_) continue;
        const auto row = subjects_.row(i);
        scores[i * groups + group] = std::inner_product(row.begin(), row.end(), weights, 0.0);
      }
    }
  }

 private:
  size_t width() const { return sum_.size(); }
  double& at(size_t row, size_t column) { return lower_[row * width() + column]; }
  double at(size_t row, size_t column) const { return lower_[row * width() + column]; }

  void add_products(std::span<const double> row) {
    for (size_t i = 0; i < width(); ++i) {
      sum_[i] += row[i];
      for (size_t j = 0; j <= i; ++j) at(i, j) += row[i] * row[j];
    }
  }

  void factor() {
    for (size_t i = 0; i < width(); ++i) {
      for (size_t j = 0; j <= i; ++j) {
        double rest = at(i, j);
        for (size_t k = 0; k < j; ++k) rest -= at(i, k) * at(j, k);
        at(i, j) = i == j ? std::sqrt(rest) : rest / at(j, j);
      }
    }
  }

  void solve(double* x) const {
    for (size_t i = 0; i < width(); ++i) {
      for (size_t k = 0; k < i; ++k) x[i] -= at(i, k) * x[k];
      x[i] /= at(i, i);
    }
    for (size_t i = width(); i-- > 0;) {
      for (size_t k = i + 1; k < width(); ++k) x[i] -= at(k, i) * x[k];
      x[i] /= at(i, i);
    }
  }

  const Subjects& subjects_;
  const size_t fold_;
  size_t fitted_ = 0;
  std::vector<double> sum_;    // [width] of features
  std::vector<double> lower_;  // [width, width]
};

std::vector<double> scores_of(const std::vector<Ridge>& ridges, const std::vector<size_t>& labels,
                              size_t groups) {
  std::vector<double> scores(labels.size() * groups);
  for (const Ridge& each : ridges) each.score(labels, scores);
  return scores;
}

// `who`: subjects, with repetition.
SeparatedScores separated(const std::vector<double>& scores, const Subjects& subjects,
                          const std::vector<size_t>& labels, size_t group,
                          const std::vector<size_t>& who) {
  SeparatedScores result;
  for (const size_t i : who) {
    (labels[i] == group ? result.in : result.out).push_back(scores[i * subjects.groups + group]);
  }
  return result;
}

// The mean over groups that have somebody.
double mean_area(const std::vector<double>& scores, const Subjects& subjects,
                 const std::vector<size_t>& labels, const std::vector<size_t>& who) {
  double sum = 0, groups = 0;
  for (size_t group = 0; group < subjects.groups; ++group) {
    const SeparatedScores each = separated(scores, subjects, labels, group, who);
    if (each.in.empty() || each.out.empty()) continue;
    sum += area_under_curve(each);
    groups += 1;
  }
  return groups > 0 ? sum / groups : 0.5;
}

std::vector<size_t> shuffled_labels(const Subjects& subjects, RandomStream& random) {
  std::vector<size_t> labels = subjects.labels;
  for (size_t fold = 0; fold < kFolds; ++fold) {
    std::vector<size_t> own;
    for (size_t i = 0; i < subjects.count; ++i) {
      if (subjects.folds[i] == fold) own.push_back(i);
    }
    std::vector<size_t> order = own;
    random.shuffle(order);
    for (size_t i = 0; i < own.size(); ++i) labels[own[i]] = subjects.labels[order[i]];
  }
  return labels;
}

}  // namespace

Probed probe(const ProbeInput& input, const BootstrapOptions& options) {
  const Subjects subjects = subjects_of(input, options.seed);
  std::vector<Ridge> ridges;
  for (size_t fold = 0; fold < kFolds; ++fold) ridges.emplace_back(subjects, fold);
  std::vector<size_t> all(subjects.count);
  std::iota(all.begin(), all.end(), size_t{0});
  const auto scores = scores_of(ridges, subjects.labels, subjects.groups);
  Resampled resampled{mean_area(scores, subjects, subjects.labels, all),
                      std::vector<double>(static_cast<size_t>(options.resamples))};
  parallel_for(options.resamples, 8, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      RandomStream random(options.seed, "probe.people", static_cast<uint64_t>(i));
      std::vector<size_t> who;
      for (size_t n = 0; n < subjects.count; ++n) who.push_back(random.below(subjects.count));
      resampled.resamples[static_cast<size_t>(i)] =
          mean_area(scores, subjects, subjects.labels, who);
    }
  });
  std::vector<double> shuffled(kShuffles);
  parallel_for(kShuffles, 4, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      RandomStream random(options.seed, "probe.shuffles", static_cast<uint64_t>(i));
      const auto labels = shuffled_labels(subjects, random);
      shuffled[static_cast<size_t>(i)] =
          mean_area(scores_of(ridges, labels, subjects.groups), subjects, labels, all);
    }
  });
  Probed result;
  result.auc = resampled.interval();
  for (size_t group = 0; group < subjects.groups; ++group) {
    result.each.push_back(
        area_with_interval(separated(scores, subjects, subjects.labels, group, all)).auc);
  }
  const auto as_good =
      std::ranges::count_if(shuffled, [&](double area) { return area >= resampled.value; });
  result.p = static_cast<double>(as_good + 1) / (kShuffles + 1);
  const double middle = std::accumulate(shuffled.begin(), shuffled.end(), 0.0) / kShuffles;
  result.shuffled_high = Resampled{middle, shuffled}.interval().high;
  return result;
}

}  // namespace marquee::evaluation
