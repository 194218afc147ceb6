// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "lc/tfa.hpp"
#include "workflows/stages/tfa_choice.hpp"

namespace skyweft::workflows {

/// The template sets of all groups and apertures. They are made once, each by one rank, and lie in
/// a folder of passing files beside the light curves; every rank reads what it needs and keeps as
/// many as a quarter of run.memory_mib holds, one at least.
class TemplateSets {
 public:
  /// Chooses among the pools and makes the sets. Collective.
  TemplateSets(const RunContext& run, const RunState& state, const FitVariables& variables,
               const std::vector<TemplatePool>& pools);

  /// What was chosen, [pool][template]: rows of the star list; equal on all ranks.
  const std::vector<std::vector<std::int64_t>>& chosen() const noexcept { return chosen_; }
  double event_loss(std::size_t i_pool) const { return event_loss_[i_pool]; }

  /// The set of one pool, to be used before the next is asked for. Collective: no. Throws
  /// Error{io}.
  const lc::TemplateSet& set(std::size_t i_pool);

  /// Removes the passing files. Collective.
  void remove_files();

 private:
  std::filesystem::path file_of(std::size_t i_pool) const;

  const RunContext& run_;
  std::filesystem::path folder_;
  std::vector<std::vector<std::int64_t>> chosen_;
  std::vector<double> event_loss_;
  std::vector<lc::TemplateSet> held_;  ///< [pool]; n_frame is 0 where not held
  lc::TemplateSet passing_;            ///< of pool i_passing_
  std::size_t i_passing_ = 0;
  double room_bytes_ = 0.0;
};

}  // namespace skyweft::workflows
