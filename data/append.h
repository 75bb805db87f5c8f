// What `ingest --append` takes from the dataset that it adds to.
#pragma once

#include <vector>

#include "data/dataset.h"
#include "data/titles.h"
#include "data/users.h"

namespace marquee::data {

// Its titles, by index from 1 on.
std::vector<TitleRecord> records_of(const Catalogue& catalogue);

// Replaces the records that `newer` has as well and appends its others.
void update(std::vector<TitleRecord>& records, std::vector<TitleRecord> newer);

// Of how many nothing is known but their ids.
int64_t known_by_id_alone(const std::vector<TitleRecord>& records);

// Its members with their attributes.
UserAttributes attributes_of(const Dataset& dataset);

// The same with what `newer` says of members; attributes that only one of the two has are unknown
// of the other's members.
UserAttributes updated(const UserAttributes& older, const UserAttributes& newer);

}  // namespace marquee::data
