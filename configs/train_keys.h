// The keys of the section train (config.h), by how a model learns.
#pragma once

#include "configs/config.h"

namespace marquee::configs {

// In rounds over the whole dataset, and the same where members can be hidden.
void visit_rounds(TrainConfig& config, FieldVisitor& visitor);
void visit_private_rounds(TrainConfig& config, FieldVisitor& visitor);

// By steps of a gradient.
void visit_steps(TrainConfig& config, FieldVisitor& visitor);

}  // namespace marquee::configs
