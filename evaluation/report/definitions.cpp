#include "evaluation/report/definitions.h"

#include <cassert>

namespace marquee::evaluation {

namespace {

constexpr Definition kDefinitions[] = {
    {"full_rank", "All titles",
     "Every title of the catalogue is ranked for the user, except those in their history. This is "
     "what a user would be shown.",
     ""},
    {"sampled_99", "Among 99 others",
     "The title is ranked among 99 drawn from those that the user never interacted with. This is "
     "easier than it looks and can order models differently; it is given because much published "
     "work uses it.",
     "He et al., WWW 2017; criticised by Krichene & Rendle, KDD 2020"},
    {"candidates", "Among given candidates",
     "The title is ranked among exactly the titles that the candidates file names for the user.",
     ""},
    {"rating", "Ratings", "The rating that the model predicts against the one that was given.", ""},
    {"disliked", "Disliked",
     "Titles that users disliked next (dislikes, hidden titles, low ratings where a mapping "
     "says "
     "so) are ranked as those they watched next are: here a lower recall is better.",
     ""},
    {"hr", "HR",
     "Hit rate: the share of users for whom at least one of the first k titles was one that they "
     "watched next.",
     "Deshpande & Karypis, ACM TOIS 2004"},
    {"ndcg", "NDCG",
     "Normalised discounted cumulative gain: like the hit rate, but a title counts more the higher "
     "it is ranked; 1 if all titles to find are on top.",
     "Järvelin & Kekäläinen, ACM TOIS 2002"},
    {"recall", "Recall", "The share of the titles to find that are among the first k.", ""},
    {"precision", "Precision", "The share of the first k titles that were to be found.", ""},
    {"mrr", "MRR",
     "Mean reciprocal rank: 1 for a first place, 1/2 for a second, 0 beyond the first k.",
     "Voorhees, TREC-8 1999"},
    {"map", "MAP", "Mean average precision over the places of the titles found among the first k.",
     "Buckley & Voorhees, SIGIR 2000"},
    {"auc", "AUC",
     "Area under the ROC curve: how often a title to find is ranked above one that is not, drawn "
     "at random; 0.5 is chance. It covers the whole ranking, of which users see the top.",
     "Rendle et al., UAI 2009"},
    {"rmse", "RMSE", "Root of the mean squared error of predicted ratings; lower is better.", ""},
    {"mae", "MAE", "Mean absolute error of predicted ratings; lower is better.", ""},
    {"coverage", "Coverage", "The share of the catalogue that at least one user was shown.",
     "Ge et al., RecSys 2010"},
    {"gini", "Gini",
     "How unequally recommendations are spread over the catalogue: 0 all titles equally, 1 always "
     "the same one.",
     "Fleder & Hosanagar, Management Science 2009"},
    {"novelty", "Novelty",
     "How little known the recommended titles are: the mean of −log₂ of the share of users who "
     "watched them. One more means half as well known.",
     "Zhou et al., PNAS 2010; Vargas & Castells, RecSys 2011"},
    {"serendipity", "Serendipity",
     "The share of the list that the user watched next and that is not among the ten most popular "
     "titles they did not know: found, and not obvious.",
     "Murakami et al., 2008; Ge et al., RecSys 2010"},
    {"diversity", "Diversity",
     "How different the titles of one list are: 1 minus the mean overlap (Jaccard) of their "
     "genres.",
     "Ziegler et al., WWW 2005"},
    {"popularity_lift", "Popularity lift",
     "How popular recommended titles are over those in users' histories; 1 is as popular, 2 "
     "twice as much.",
     "after Abdollahpouri et al., RecSys 2020"},
    {"calibration", "Calibration",
     "How far the genres of a list are from those of the user's history (Kullback–Leibler "
     "divergence); lower is closer, 0 the same.",
     "Steck, RecSys 2018"},
    {"interval", "95 % interval",
     "The range in which the metric falls in 95 % of resamples of the test users (coverage and "
     "Gini: jackknife). It says how much depends on the choice of test users, not on the random "
     "start of training.",
     "Efron & Tibshirani 1993; Efron & Stein 1981"},
    {"difference", "Level with the best",
     "Models are compared on the same users. A model is level with the best if their difference "
     "is not significant: p, adjusted for the number of pairs compared, is 0.05 or more.",
     "Holm, Scandinavian Journal of Statistics 1979"},
    {"ties", "Ties",
     "Titles with the same score have no order: each metric is its mean over all orders of them.",
     "McSherry & Najork, ECIR 2008"},
};

}  // namespace

std::span<const Definition> definitions() { return kDefinitions; }

Definition definition(std::string_view id) {
  for (const Definition& each : kDefinitions) {
    if (id == each.id) return each;
  }
  assert(false && "a metric without a definition");
  return {"", "", "", ""};
}

}  // namespace marquee::evaluation
