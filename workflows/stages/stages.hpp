// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/log.hpp"
#include "data/frame_catalog.hpp"
#include "data/star_catalog.hpp"
#include "io/journal.hpp"
#include "io/schema.hpp"
#include "lc/magfit.hpp"
#include "mpi/comm.hpp"
#include "mpi/node_shared.hpp"
#include "workflows/archive.hpp"
#include "workflows/run_config.hpp"
#include "workflows/stages/scan_file.hpp"

namespace skyweft::workflows {

/// A master frame held once per node.
struct HeldMaster {
  std::int64_t nx = 0;
  std::int64_t ny = 0;
  double exposure_s = 0.0;
  mpi::NodeShared<float> value;
  mpi::NodeShared<float> error;
  mpi::NodeShared<MaskBits> mask;

  calib::MasterView view() const {
    return {.nx = nx,
            .ny = ny,
            .value = value.view(),
            .error = error.view(),
            .mask = mask.view(),
            .exposure_s = exposure_s};
  }
};

/// What the stages of one run hand to each other; equal on all ranks unless said.
struct RunState {
  std::vector<ScannedFrame> lights;  ///< sorted by time, unusable ones last
  std::vector<ScannedFrame> calibration;
  std::string catalog_digest;

  std::map<std::string, std::unique_ptr<HeldMaster>>
      masters;  ///< "bias", "dark", "flat_R"; owned here, viewed by steps
  std::string masters_digest;

  SkyPos centre;  ///< of the field: where frames point whose header does not say
  StarCatalog field;
  StarCatalog stars;
  std::string stars_digest;

  std::vector<FrameRecord> records;    ///< one per light
  std::vector<std::int64_t> measured;  ///< indices of lights in the star store, in time order
  std::string frames_digest;
  std::vector<double> aperture_radius_px;

  std::map<Stage, std::string> stage_digest;  ///< of star-store stages
};

/// What every stage needs to do its work.
struct RunContext {
  const mpi::Comm& world;
  const mpi::Comm& node;
  RunConfig config;
  Archive archive;
  LogSink log;  ///< silent on workers

  io::ProductStamp stamp(const std::string& digest) const;

  /// Collective. Which of `units` are finished with their digest: asked of the journal by root.
  std::vector<bool> done(
      const std::vector<std::pair<std::string, std::string>>& unit_and_digest) const;
  bool done(const std::string& unit, const std::string& digest) const {
    return done({{unit, digest}}).front();
  }

  /// The same for one unit, asked by the calling rank alone. Collective: no.
  bool done_here(const std::string& unit, const std::string& digest) const;

  /// Notes a finished file in the journal. Collective: no; called by the rank that wrote it.
  void note(const std::string& unit, const std::filesystem::path& file,
            const std::string& digest) const;

  void say(const std::string& text) const { log(LogLevel::info, text); }
  void warn(const std::string& text) const { log(LogLevel::warning, text); }
};

// The stages, in order. All are collective, and all are safe to be called again after any
// interruption.
void scan_frames(RunContext& run, RunState& state);
void make_masters(RunContext& run, RunState& state);
void list_stars(RunContext& run, RunState& state);
void measure_frames(RunContext& run, RunState& state);
void transpose_to_stars(RunContext& run, RunState& state);
void fit_magnitudes(RunContext& run, RunState& state);
void decorrelate(RunContext& run, RunState& state);
void filter_trends(RunContext& run, RunState& state);
void gather_statistics(RunContext& run, RunState& state);
void write_reports(RunContext& run, RunState& state);

/// The name of the master flat of a filter, "flat_R".
std::string flat_master_name(const std::string& filter);

/// The stars of shard i_shard as rows [first, first + n) of the star list.
struct ShardRows {
  std::int64_t first = 0;
  std::int64_t n = 0;
};

/// How the star list is cut into shards: by size alone, so that ranks and memory cannot enter.
std::vector<ShardRows> shards_of(std::int64_t n_star, std::int64_t n_frame, std::int64_t n_ap);

/// Unit key and digest of a star-store file.
std::string shard_unit(std::string_view stage, std::int64_t i_shard);

}  // namespace skyweft::workflows
