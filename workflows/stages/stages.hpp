// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "calib/prepared_masters.hpp"
#include "calib/regions.hpp"
#include "core/log.hpp"
#include "data/frame_catalog.hpp"
#include "data/star_catalog.hpp"
#include "io/journal.hpp"
#include "io/raw_store.hpp"
#include "io/schema.hpp"
#include "io/sky_index_file.hpp"
#include "lc/groups.hpp"
#include "lc/injection.hpp"
#include "lc/magfit.hpp"
#include "mpi/comm.hpp"
#include "mpi/node_shared.hpp"
#include "workflows/archive.hpp"
#include "workflows/run_config.hpp"
#include "workflows/stages/known_sky.hpp"
#include "workflows/stages/master_plan.hpp"
#include "workflows/stages/scan_file.hpp"
#include "workflows/stages/shape_givens.hpp"

namespace skyweft::workflows {

/// A master frame, or a map of a detector, held once per node; planes it lacks are empty.
struct HeldMaster {
  calib::MasterView shape;  ///< size, window, exposure and temperature; its spans are empty
  std::string digest;
  mpi::NodeShared<float> value;
  mpi::NodeShared<float> error;
  mpi::NodeShared<MaskBits> mask;

  calib::MasterView view() const {
    calib::MasterView out = shape;
    out.value = value.view();
    out.error = error.view();
    out.mask = mask.view();
    return out;
  }
};

/// The masters of one light, as indices into RunState::plans; -1: none.
struct FrameMasters {
  std::int64_t bias = -1;
  std::int64_t dark = -1;
  std::int64_t flat = -1;
  std::int64_t prepared = -1;  ///< into RunState::prepared
  std::string text;            ///< which, how far away in time, and why one is missing
};

/// A set of masters that some lights share, with their masks joined once per node.
struct HeldSet {
  calib::PreparedMasters prepared;
  mpi::NodeShared<MaskBits> joined;
};

/// A work unit of the frame stage: frames of one camera and night, which become one segment file.
struct FrameBatch {
  std::string name;                  ///< "main-20171220-000"
  std::vector<std::int64_t> lights;  ///< indices of lights, ascending
  std::string digest;
};

/// What the stages of one run hand to each other; equal on all ranks unless said.
struct RunState {
  std::vector<ScannedFrame> lights;  ///< sorted by time, unusable ones last
  std::vector<ScannedFrame> calibration;
  std::string catalog_digest;

  std::vector<MasterPlan> plans;            ///< bias, then dark, then flat
  std::vector<FrameMasters> plan_masters;   ///< what each plan is made with
  std::vector<FrameMasters> light_masters;  ///< one per light
  std::map<std::string, std::unique_ptr<HeldMaster>>
      masters;  ///< by name, and maps by their file; owned here, viewed by steps
  std::vector<std::unique_ptr<HeldSet>> prepared;
  std::vector<calib::Region> regions;  ///< the user's, in pixels and on the sky
  std::string regions_text;
  std::string masters_digest;

  KnownSky sky;
  std::shared_ptr<const io::SkyIndexFile> index;  // shared: mapped once, viewed by the steps
  double epoch_yr = kNaN;                         ///< of field and stars
  StarCatalog field;
  StarCatalog stars;
  std::string stars_digest;

  std::set<std::string> repeated_labels;  ///< of lights in several folders
  std::vector<FrameBatch> batches;        ///< every light is in one
  std::vector<FrameRecord> records;       ///< one per light
  std::vector<std::int64_t> measured;     ///< indices of lights in the star store, in time order
  lc::InjectionPlan injections;
  lc::FrameGroups groups;  ///< of the measured frames
  std::string frames_digest;
  std::vector<double> aperture_radius_px;  ///< 0: the PSF fit
  std::vector<std::string> extra;          ///< further columns of points
  ShapeGivens shapes;
  std::vector<std::uint8_t> held;  ///< [star] 1: never re-centred

  std::shared_ptr<const io::RawStore> raw;  // shared: read by all stages after the transpose

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

/// What the masters of one light are made of, and which: its text and their digests.
std::string masters_digest_of(const RunState& state, std::int64_t i_light);

/// The records of the measured frames, in the star store's frame order.
std::vector<FrameRecord> measured_records(const RunState& state);

/// The stars of shard i_shard as rows [first, first + n) of the star list.
struct ShardRows {
  std::int64_t first = 0;
  std::int64_t n = 0;
};

/// How the star list is cut into shards: a star's file depends on nothing but its row.
std::vector<ShardRows> shards_of(std::int64_t n_star);

/// Unit key and digest of a star-store file.
std::string shard_unit(std::string_view stage, std::int64_t i_shard);

}  // namespace skyweft::workflows
