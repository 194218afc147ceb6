// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/stages/tfa_sets.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "mpi/gather.hpp"
#include "mpi/on_root.hpp"
#include "workflows/stages/tfa_files.hpp"

namespace skyweft::workflows {
namespace {

/// What one rank finds for one pool.
struct Choice {
  std::vector<std::int64_t> rows;
  double event_loss = kNaN;
  template <class Stream>
  void serialize(Stream& archive, unsigned /*version*/) {
    archive& rows& event_loss;
  }
};

/// The members `keep` of [member][frame].
std::vector<float> series_of(const std::vector<float>& all, const std::vector<std::int64_t>& keep,
                             std::size_t n_frame) {
  std::vector<float> out;
  for (const std::int64_t m : keep) {
    const auto from =
        all.begin() + static_cast<std::ptrdiff_t>(m) * static_cast<std::ptrdiff_t>(n_frame);
    out.insert(out.end(), from, from + static_cast<std::ptrdiff_t>(n_frame));
  }
  return out;
}

/// Chooses the templates of one pool and makes their set.
class Maker {
 public:
  Maker(const RunContext& run, const RunState& state, const FitVariables& variables,
        const TemplatePool& pool, const std::vector<float>& series)
      : config_(run.config.tfa),
        variables_(variables),
        pool_(pool),
        series_(series),
        frames_(state.groups.frames[static_cast<std::size_t>(pool.group)]) {
    for (const std::int64_t f : frames_)
      time_d_.push_back(
          state.records[static_cast<std::size_t>(state.measured[static_cast<std::size_t>(f)])]
              .time_utc_mid_jd);
    for (const std::int64_t row : pool.rows) at_.push_back(point_of(variables, row));
  }

  lc::TemplateSet make() const {
    std::vector<std::int64_t> members(pool_.rows.size());
    std::iota(members.begin(), members.end(), 0);
    for (int round = 1; round < config_.rounds && !members.empty(); ++round) {
      const auto quiet = quiet_members(members);
      if (quiet.size() == members.size()) break;
      members = quiet;
    }
    return set_of(lc::spread_templates(at_, members, pool_.n_allowed, config_), time_d_);
  }

 private:
  lc::TemplateSet set_of(const std::vector<std::int64_t>& members,
                         std::span<const double> time_d) const {
    return lc::make_templates(at_frames<std::int64_t>(pool_.rows, members),
                              at_frames<lc::SkyPoint>(at_, members),
                              series_of(series_, members, frames_.size()),
                              static_cast<std::int64_t>(frames_.size()), config_, time_d);
  }

  /// Those that do not vary once filtered by the others.
  std::vector<std::int64_t> quiet_members(const std::vector<std::int64_t>& members) const {
    const lc::TemplateSet set = set_of(members, {});
    std::vector<float> mag = series_of(series_, members, frames_.size());
    std::vector<QualityBits> quality(mag.size(), 0);
    std::vector<lc::TfaStar> stars;
    for (const std::int64_t m : members)
      stars.push_back({.row = pool_.rows[static_cast<std::size_t>(m)],
                       .at = at_[static_cast<std::size_t>(m)],
                       .excluded = {},
                       .signals = {}});
    const auto fits = lc::detrend_tile(mag, quality, stars, set, config_);
    std::vector<lc::FilteredCandidate> filtered;
    for (std::size_t k = 0; k < members.size(); ++k) {
      const bool is_fitted = fits[k].outcome == lc::TfaOutcome::fitted;
      const std::span<const float> one{mag.data() + k * frames_.size(), frames_.size()};
      filtered.push_back({.mag = variables_.mag()[static_cast<std::size_t>(stars[k].row)],
                          .rms_mag = is_fitted ? fits[k].rms_mag : kNaN,
                          .von_neumann = is_fitted ? lc::von_neumann_ratio(one) : kNaN,
                          .n_points = fits[k].n_used});
    }
    const auto is_variable = lc::find_variable_templates(filtered, config_);
    std::vector<std::int64_t> quiet;
    for (std::size_t k = 0; k < members.size(); ++k)
      if (is_variable[k] == 0) quiet.push_back(members[k]);
    return quiet;
  }

  const lc::TfaConfig& config_;
  const FitVariables& variables_;
  const TemplatePool& pool_;
  const std::vector<float>& series_;
  const std::vector<std::int64_t>& frames_;
  std::vector<double> time_d_;
  std::vector<lc::SkyPoint> at_;  // [member]
};

double bytes_of(const lc::TemplateSet& set) {
  return 4.0 * static_cast<double>(set.narrow_basis.size()) +
         8.0 * static_cast<double>(set.basis.size() + set.to_term.size() + set.of_dropped.size());
}

}  // namespace

TemplateSets::TemplateSets(const RunContext& run, const RunState& state,
                           const FitVariables& variables, const std::vector<TemplatePool>& pools)
    : run_(run),
      folder_(run.archive.passing_templates()),
      held_(pools.size()),
      i_passing_(pools.size()),
      room_bytes_(0.25 * run.config.run.memory_mib * 1048576.0) {
  mpi::do_on_root(run.world, [&] {
    std::filesystem::remove_all(folder_);
    make_folder(folder_);
  });
  const auto places = write_pool_series(run, state, pools, folder_);
  std::vector<std::pair<std::int64_t, Choice>> mine;
  for (std::size_t p = static_cast<std::size_t>(run.world.rank()); p < pools.size();
       p += static_cast<std::size_t>(run.world.size())) {
    const auto i_pool = static_cast<std::int64_t>(p);
    const std::size_t n_frame =
        state.groups.frames[static_cast<std::size_t>(pools[p].group)].size();
    const auto series = read_pool_series(places, i_pool, n_frame, folder_);
    const lc::TemplateSet set = Maker{run, state, variables, pools[p], series}.make();
    write_set(file_of(p), set);
    mine.emplace_back(i_pool, Choice{set.star_row, set.event_loss});
  }
  for (Choice& choice :
       mpi::gather_in_order(run.world, static_cast<std::int64_t>(pools.size()), mine)) {
    chosen_.push_back(std::move(choice.rows));
    event_loss_.push_back(choice.event_loss);
  }
}

std::filesystem::path TemplateSets::file_of(std::size_t i_pool) const {
  return folder_ / fmt::format("set-{}.bin", i_pool);
}

const lc::TemplateSet& TemplateSets::set(std::size_t i_pool) {
  if (held_[i_pool].n_frame > 0) return held_[i_pool];
  if (i_passing_ == i_pool) return passing_;
  passing_ = {};
  passing_ = read_set(file_of(i_pool));
  i_passing_ = i_pool;
  if (bytes_of(passing_) > room_bytes_) return passing_;
  room_bytes_ -= bytes_of(passing_);
  held_[i_pool] = std::move(passing_);
  passing_ = {};
  i_passing_ = held_.size();
  return held_[i_pool];
}

void TemplateSets::remove_files() {
  run_.world.barrier();
  mpi::do_on_root(run_.world, [&] { std::filesystem::remove_all(folder_); });
}

}  // namespace skyweft::workflows
