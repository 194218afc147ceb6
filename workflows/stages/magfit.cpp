// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "io/digest.hpp"
#include "lc/group_offsets.hpp"
#include "lc/magfit_rules.hpp"
#include "lc/reference.hpp"
#include "mpi/on_root.hpp"
#include "workflows/stages/detrend.hpp"
#include "workflows/stages/magfit_frames.hpp"
#include "workflows/stages/magfit_stars.hpp"
#include "workflows/stages/magfit_tables.hpp"
#include "workflows/stages/stages.hpp"
#include "workflows/stages/star_tiles.hpp"

namespace skyweft::workflows {
namespace {

std::vector<FrameRecord> records_of_group(const MagfitInputs& inputs, std::size_t group) {
  std::vector<FrameRecord> out;
  for (const std::int64_t f : inputs.state.groups.frames[group]) out.push_back(inputs.record(f));
  return out;
}

/// The position of the frame of this label, path or id; an Error names the key otherwise.
std::int64_t frame_named(const MagfitInputs& inputs, const std::string& name) {
  for (std::int64_t f = 0; f < inputs.n_frame(); ++f) {
    const auto i = static_cast<std::size_t>(inputs.state.measured[static_cast<std::size_t>(f)]);
    const FrameInfo& info = inputs.state.lights[i].info;
    const FrameRecord& record = inputs.record(f);
    if (record.file == name || info.path == name || label_of(info) == name ||
        std::to_string(record.id) == name)
      return f;
  }
  throw Error{Errc::bad_input,
              fmt::format("magfit.reference_frames names \"{}\", which is none of the measured "
                          "frames; name one by its file name, e.g. \"{}\"",
                          printable(name), printable(inputs.record(0).file))};
}

/// The first reference of each group, as a position among the measured frames.
std::vector<std::int64_t> reference_frames(const MagfitInputs& inputs) {
  const lc::MagfitConfig& config = inputs.run.config.magfit;
  const lc::FrameGroups& groups = inputs.state.groups;
  std::vector<std::int64_t> out(groups.frames.size(), -1);
  for (const std::string& name : config.reference_frames) {
    const std::int64_t f = frame_named(inputs, name);
    const auto g = static_cast<std::size_t>(groups.of_frame[static_cast<std::size_t>(f)]);
    if (out[g] >= 0)
      throw Error{Errc::bad_config,
                  fmt::format("magfit.reference_frames names two frames of the group {}: {} and "
                              "{}; keep one",
                              groups.names[g], inputs.record(out[g]).file, inputs.record(f).file)};
    out[g] = f;
  }
  const Expression merit = Expression::parse(config.reference_merit);
  for (std::size_t g = 0; g < out.size(); ++g) {
    if (out[g] >= 0) continue;
    const std::int64_t best =
        std::max<std::int64_t>(0, lc::choose_reference_frame(records_of_group(inputs, g), merit));
    out[g] = groups.frames[g][static_cast<std::size_t>(best)];
  }
  return out;
}

/// Applies magfit.exclude to the frames of the groups that are `active`.
void exclude_frames(const MagfitInputs& inputs, const FitsOfFrames& fits,
                    std::span<const std::uint8_t> active, std::vector<std::uint8_t>& excluded) {
  const std::string& text = inputs.run.config.magfit.exclude;
  if (text.empty()) return;
  const Expression rule = Expression::parse(text);
  for (std::size_t g = 0; g < active.size(); ++g) {
    if (active[g] == 0) continue;
    const std::vector<std::int64_t>& frames = inputs.state.groups.frames[g];
    FitsOfFrames of_group(fits.size());
    for (std::size_t a = 0; a < fits.size(); ++a)
      for (const std::int64_t f : frames)
        of_group[a].push_back(fits[a][static_cast<std::size_t>(f)]);
    const auto told = lc::excluded_frames(records_of_group(inputs, g), of_group, rule);
    for (std::size_t k = 0; k < frames.size(); ++k)
      excluded[static_cast<std::size_t>(frames[k])] = told[k];
  }
}

/// Alternates two passes until every group has converged: fit frames against their group's
/// reference, update the reference from stars. A group that has converged keeps its fits.
MagnitudeFit iterate(const MagfitInputs& inputs) {
  const lc::MagfitConfig& config = inputs.run.config.magfit;
  const std::size_t n_group = inputs.state.groups.frames.size();
  const auto n_ap = static_cast<std::size_t>(inputs.n_ap());
  const std::vector<std::uint8_t> targets = target_rows(inputs.run, inputs.state);
  MagnitudeFit out;
  out.reference_frames = reference_frames(inputs);
  out.excluded.assign(static_cast<std::size_t>(inputs.n_frame()), 0);
  out.rounds.assign(n_group, 0);
  out.converged.assign(n_group, 0);
  std::vector<ReferenceFrame> frames;
  for (const std::int64_t position : out.reference_frames) {
    const ReferenceFrame& frame = frames.emplace_back(inputs, position);
    auto& of_group = out.references.emplace_back();
    for (std::size_t a = 0; a < n_ap; ++a) {
      of_group.push_back(frame.first_reference(a));
      for (std::size_t s = 0; s < targets.size(); ++s)
        if (targets[s] != 0) of_group.back().used[s] = 0;
    }
  }
  std::vector<std::uint8_t> active(n_group, 1);
  GroupReferences next = out.references;
  GroupReferences masters = out.references;
  for (int round = 1; round <= config.max_iterations; ++round) {
    for (std::size_t g = 0; g < n_group; ++g)
      if (active[g] != 0) out.references[g] = next[g];
    fit_frames(inputs, out.references, active, out.fits);
    exclude_frames(inputs, out.fits, active, out.excluded);
    measure_stars(StarCorrections{inputs, out.fits, out.excluded}, active, out.statistics);
    for (std::size_t g = 0; g < n_group; ++g) {
      if (active[g] == 0) continue;
      out.rounds[g] = round;
      bool converged = true;
      for (std::size_t a = 0; a < n_ap; ++a) {
        next[g][a] =
            lc::assemble_reference(out.statistics[g][a], inputs.variables.mag(), config, targets);
        masters[g][a] = next[g][a];
        frames[g].fix_gauge(next[g][a], a);
        converged = lc::converged(out.references[g][a], next[g][a], config) && converged;
      }
      out.converged[g] = converged ? 1 : 0;
      if (converged) active[g] = 0;
    }
    if (std::ranges::all_of(active, [](std::uint8_t a) { return a == 0; })) break;
  }
  // Levels are taken from what the corrected magnitudes are, not from what they were fitted to.
  out.references = std::move(masters);
  return out;
}

/// Ties the groups to each other and all of them to the catalogue.
void fix_levels(const MagfitInputs& inputs, MagnitudeFit& fit) {
  const lc::MagfitConfig& config = inputs.run.config.magfit;
  const bool has_catalog = !inputs.state.sky.aligned;
  const std::vector<double>& mag = inputs.variables.mag();
  const std::span<const double> catalog_mag =
      has_catalog ? std::span<const double>{mag} : std::span<const double>{};
  const Terms terms = Terms::parse(config.group_terms);
  for (std::int64_t a = 0; a < inputs.n_ap(); ++a) {
    std::vector<lc::Reference> of_aperture;
    for (const auto& of_group : fit.references)
      of_aperture.push_back(of_group[static_cast<std::size_t>(a)]);
    const lc::NamedColumns stars = inputs.variables.for_stars();
    fit.offsets.push_back(lc::solve_group_offsets(of_aperture, stars, catalog_mag, terms, config));
    const bool is_anchored = config.anchor == "catalog" && has_catalog;
    fit.anchor_mag.push_back(
        is_anchored
            ? lc::catalog_shift(lc::merged_reference(of_aperture, fit.offsets.back(), config), mag)
            : 0.0);
  }
}

StarCorrections final_corrections(const MagfitInputs& inputs, const MagnitudeFit& fit) {
  StarCorrections out{inputs, fit.fits, fit.excluded};
  for (std::size_t a = 0; a < fit.offsets.size(); ++a) {
    auto& of_aperture = out.shift_mag.emplace_back();
    for (const auto& of_group : fit.offsets[a].shift_mag) {
      auto& shift = of_aperture.emplace_back();
      for (const double d : of_group) shift.push_back(fit.anchor_mag[a] - d);
    }
  }
  return out;
}

void write_tables(const MagfitInputs& inputs, const MagnitudeFit& fit, const std::string& digest) {
  const RunContext& run = inputs.run;
  mpi::do_on_root(run.world, [&] {
    if (!run.done_here("magfit_table", digest)) {
      io::write_magfit_table(run.archive.magfit_table(), magfit_table_of(inputs, fit),
                             run.stamp(digest));
      run.note("magfit_table", run.archive.magfit_table(), digest);
    }
    if (!run.done_here("references", digest)) {
      io::write_reference_table(run.archive.reference_table(), reference_table_of(inputs, fit),
                                run.stamp(digest));
      run.note("references", run.archive.reference_table(), digest);
    }
  });
}

void tell(const MagfitInputs& inputs, const MagnitudeFit& fit) {
  const RunContext& run = inputs.run;
  const lc::FrameGroups& groups = inputs.state.groups;
  const auto& middle = fit.fits[fit.fits.size() / 2];
  for (std::size_t g = 0; g < groups.frames.size(); ++g) {
    std::vector<double> residuals;
    std::int64_t n_failed = 0;
    std::int64_t n_excluded = 0;
    for (const std::int64_t position : groups.frames[g]) {
      const auto f = static_cast<std::size_t>(position);
      if (middle[f].ok())
        residuals.push_back(middle[f].rms_mag);
      else
        ++n_failed;
      n_excluded += fit.excluded[f];
    }
    std::string text =
        fmt::format("{} round(s), {}; median residual {:.1f} mmag, {} frame(s) without a fit",
                    fit.rounds[g], fit.converged[g] != 0 ? "converged" : "not yet converged",
                    1000.0 * median_of_finite(residuals), n_failed);
    if (n_excluded > 0) text += fmt::format(", {} flagged as outliers", n_excluded);
    if (groups.frames.size() == 1) {
      run.say("magfit: " + text);
      continue;
    }
    const lc::GroupOffsets& offsets = fit.offsets[fit.offsets.size() / 2];
    run.say(fmt::format("magfit {}: {}; {} stars shared with other groups{}", groups.names[g], text,
                        offsets.n_common[g],
                        offsets.tied_to[g] == 0    ? ""
                        : inputs.state.sky.aligned ? ", not tied to the first group"
                                                   : ", tied to the first group by the catalogue"));
  }
}

}  // namespace

void fit_magnitudes(RunContext& run, RunState& state) {
  const std::string digest = io::digest_of_text(state.stage_digest.at(Stage::transpose) +
                                                stage_settings(run.config, Stage::magfit));
  state.stage_digest[Stage::magfit] = digest;
  const auto shards = shards_of(state);
  std::vector<std::pair<std::string, std::string>> units;
  for (std::size_t s = 0; s < shards.size(); ++s)
    units.emplace_back(shard_unit("magfit", static_cast<std::int64_t>(s)), digest);
  const std::vector<bool> finished = run.done(units);
  if (std::ranges::all_of(finished, [](bool f) { return f; })) return;

  const MagfitInputs inputs{run, state};
  MagnitudeFit fit = iterate(inputs);
  fix_levels(inputs, fit);
  // Before the shards: a finished stage has its tables.
  write_tables(inputs, fit, digest);
  const StarCorrections corrections = final_corrections(inputs, fit);
  for (std::size_t s = 0; s < shards.size(); ++s) {
    if (finished[s]) continue;
    const auto i_shard = static_cast<std::int64_t>(s);
    write_stage_shard(run, state, "magfit", i_shard, shards[s], digest, [&](const Tile& tile) {
      return corrections.correct(tile, read_raw(run, state, i_shard, tile));
    });
  }
  tell(inputs, fit);
}

}  // namespace skyweft::workflows
