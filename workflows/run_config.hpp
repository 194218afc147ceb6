// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "calib/sky_flat_config.hpp"
#include "calib/stack.hpp"
#include "core/fields.hpp"
#include "detect/extended.hpp"
#include "io/camera.hpp"
#include "io/photometry_table.hpp"
#include "lc/epd.hpp"
#include "lc/groups.hpp"
#include "lc/injection.hpp"
#include "lc/magfit.hpp"
#include "lc/statistics.hpp"
#include "lc/sysrem.hpp"
#include "lc/tfa.hpp"
#include "phot/forced.hpp"
#include "phot/transparency.hpp"
#include "steps/frame_work.hpp"
#include "workflows/stage.hpp"
#include "workflows/stages/master_plan.hpp"

namespace skyweft::workflows {

/// What to read, where to write, and what the run as a whole may use.
struct RunOptions {
  std::vector<std::string> frames;
  std::vector<std::string> calibration;
  std::string catalog;
  std::string index;
  std::string table;
  std::string archive = "archive";
  std::string name = "main";
  std::string select;
  std::vector<std::string> steps = {"load",  "calibrate", "background", "detect", "cosmics",
                                    "solve", "mask",      "places",     "shape",  "measure"};
  double max_rejected = 0.1;
  int batch_frames = 8;
  double memory_mib = 1024.0;

  static constexpr auto fields() {
    return std::tuple{
        field("frames", &RunOptions::frames, "", "raw science frames: files, folders or globs"),
        field("calibration", &RunOptions::calibration, "",
              "bias, dark and flat frames: files, folders or globs"),
        field("catalog", &RunOptions::catalog, "",
              "star catalogue: a folder that `skyweft catalog import` made, or a file it reads; "
              "empty: frames are laid on one of them"),
        field("index", &RunOptions::index, "",
              "index of the sky made by `skyweft catalog index`, for frames that nothing is known "
              "about; empty: none"),
        field(
            "table", &RunOptions::table, "",
            "table of photometry, a row per star and frame, to begin with in place of frames; see "
            "section table; empty: none"),
        field("archive", &RunOptions::archive, "", "folder to write, made when missing"),
        field("name", &RunOptions::name, "", "name of this run, stored in every product"),
        field("select", &RunOptions::select, "",
              "condition on the header; files for which it does not hold are left out"),
        field("steps", &RunOptions::steps, "", "what is done to each frame, in order"),
        field("max_rejected", &RunOptions::max_rejected, "fraction",
              "exit code 5 when more of the frames than this are set aside", fraction),
        field("batch_frames", &RunOptions::batch_frames, "frames",
              "frames per work unit and segment file", between(1, 10000)),
        field("memory_mib", &RunOptions::memory_mib, "MiB", "memory a rank may use for tables",
              at_least(64))};
  }
};

/// Where the field is, when headers do not say.
struct FieldOptions {
  double ra_deg = kNaN;
  double dec_deg = kNaN;
  double radius_deg = 0.0;

  static constexpr auto fields() {
    return std::tuple{
        field("ra_deg", &FieldOptions::ra_deg, "deg",
              "pointing for frames without one; nan: from headers"),
        field("dec_deg", &FieldOptions::dec_deg, "deg",
              "pointing for frames without one; nan: from headers"),
        field("radius_deg", &FieldOptions::radius_deg, "deg",
              "radius of catalogue to read around it; 0: from frame size and pointing tolerance",
              non_negative)};
  }
};

/// Pixels and places on the sky that the user does not want used.
struct MaskOptions {
  std::vector<std::string> regions;
  std::vector<std::string> files;

  static constexpr auto fields() {
    return std::tuple{
        field("regions", &MaskOptions::regions, "",
              "shapes to mask, e.g. \"circle 512 300 40\" in pixels from (0,0) or "
              "\"circle 31.0427d 46.688d 30\\\"\" on the sky"),
        field("files", &MaskOptions::files, "", "DS9 region files with more of them")};
  }
};

/// Which stars are measured.
struct StarOptions {
  std::string source = "auto";
  std::string magnitude;
  std::string colour;
  std::string filter;
  std::string list;
  double faint_limit_mag = 99.0;
  int max_stars = 200000;
  double min_snr = 8.0;
  int trial_frames = 9;
  double shallow_ratio = 0.7;

  static constexpr auto fields() {
    return std::tuple{
        field("source", &StarOptions::source, "",
              "catalog: catalogue stars; detections: stars found on the best frame; auto: "
              "detections where the "
              "catalogue is too shallow",
              one_of("auto|catalog|detections")),
        field("magnitude", &StarOptions::magnitude, "",
              "column, or expression over columns, taken as magnitude: \"phot_rp_mean_mag\"; "
              "empty: the catalogue's"),
        field("colour", &StarOptions::colour, "",
              "the same for the colour: \"phot_bp_mean_mag - phot_rp_mean_mag\""),
        field("filter", &StarOptions::filter, "",
              "condition on a star's columns: \"ruwe < 1.4\"; stars for which it does not hold "
              "are left out"),
        field("list", &StarOptions::list, "",
              "file of star numbers, one a line: only these are used; empty: all"),
        field("faint_limit_mag", &StarOptions::faint_limit_mag, "mag",
              "leave out fainter catalogue stars"),
        field("max_stars", &StarOptions::max_stars, "stars", "keep the brightest of these many",
              at_least(1)),
        field("min_snr", &StarOptions::min_snr, "",
              "detections must have at least this signal to noise", positive),
        field("trial_frames", &StarOptions::trial_frames, "frames",
              "frames, spread over the night, tried to find the best one", at_least(1)),
        field("shallow_ratio", &StarOptions::shallow_ratio, "",
              "auto takes detections when the catalogue has fewer stars in the frame than this "
              "times the detections",
              non_negative)};
  }
};

/// A star the user cares about; first in the report. An event, when given, is kept out of EPD and
/// TFA fits.
struct TargetOptions {
  double ra_deg = kNaN;
  double dec_deg = kNaN;
  double event_mid_bjd = kNaN;
  double event_duration_h = 0.0;
  double event_period_d = 0.0;
  bool variable = false;
  bool fixed_place = false;
  std::string reconstruct = "no";
  int harmonics = 3;

  static constexpr auto fields() {
    return std::tuple{
        field("ra_deg", &TargetOptions::ra_deg, "deg", "right ascension, ICRS", between(0, 360)),
        field("dec_deg", &TargetOptions::dec_deg, "deg", "declination, ICRS", between(-90, 90)),
        field("event_mid_bjd", &TargetOptions::event_mid_bjd, "d",
              "mid-time (BJD_TDB) of a known event, masked when EPD and TFA are fitted"),
        field("event_duration_h", &TargetOptions::event_duration_h, "h", "its length",
              non_negative),
        field("event_period_d", &TargetOptions::event_period_d, "d", "its period; 0: once",
              non_negative),
        field("variable", &TargetOptions::variable, "",
              "varies at all times: EPD and TFA leave its magnitudes as they are after magnitude "
              "fitting"),
        field("fixed_place", &TargetOptions::fixed_place, "",
              "never re-centred: for a star that may vanish, as in an occultation"),
        field("reconstruct", &TargetOptions::reconstruct, "",
              "transit or fourier: the event's shape, or a Fourier series of its period, is fitted "
              "together with EPD terms and TFA templates instead of being left out",
              one_of("no|transit|fourier")),
        field("harmonics", &TargetOptions::harmonics, "", "of the Fourier series", between(1, 20))};
  }
};

/// How times are kept.
struct TimeOptions {
  std::string leap_seconds;

  static constexpr auto fields() {
    return std::tuple{field("leap_seconds", &TimeOptions::leap_seconds, "",
                            "newer table of leap seconds, as leap-seconds.list of IERS; empty: the "
                            "one that comes with the program")};
  }
};

struct ReportOptions {
  bool enabled = true;
  int max_targets = 12;

  static constexpr auto fields() {
    return std::tuple{
        field("enabled", &ReportOptions::enabled, "", "write the HTML report at the end of a run"),
        field("max_targets", &ReportOptions::max_targets, "stars", "targets shown in full",
              at_least(0))};
  }
};

/// Everything a run is asked; one member per section of the configuration file.
struct RunConfig {
  RunOptions run;
  io::SiteConfig site;
  std::map<std::string, io::CameraConfig> cameras;  ///< [camera.NAME]; at least one
  MaskOptions mask;
  calib::StackConfig masters;
  MatchOptions match;
  calib::SkyFlatConfig skyflat;
  FieldOptions field;
  StarOptions stars;
  steps::FrameOptions frame;  ///< sections calibrate, background, detect, solve, phot
  io::TableOptions table;     ///< of run.table
  lc::InjectConfig inject;
  lc::GroupConfig groups;
  lc::MagfitConfig magfit;
  lc::EpdConfig epd;
  lc::TfaConfig tfa;
  lc::SysremConfig sysrem;
  lc::StatisticsConfig statistics;
  phot::TransparencyConfig transparency;
  phot::ForcedConfig forced;                     ///< of `skyweft measure`
  std::map<std::string, TargetOptions> targets;  ///< [target.NAME]
  ReportOptions report;
  TimeOptions time;
  detect::ExtendedConfig extended;  ///< of `skyweft detect --extended`

  std::map<std::string, std::string, std::less<>> origins;  ///< key → where its value came from
};

/// The first stage that options of this section ("phot", "camera") change; injected signals change
/// the frames when `config` puts them into pixels.
Stage first_stage_of(std::string_view section, const RunConfig& config = {});

/// Reads a configuration; unknown keys, wrong types and values out of range are Error{bad_config}
/// naming key, line and the nearest name.
RunConfig read_run_config(const ConfigTable& table);

/// Every option with its value in `config`, section by section, cameras and targets by name.
std::vector<OptionText> describe(const RunConfig& config);

/// Whether a key says where things are or how the work is cut, and changes no number in a product.
bool is_only_place(std::string_view key);

/// The options that decide the products of `stage` alone, as text to be digested.
std::string stage_settings(const RunConfig& config, Stage stage);

}  // namespace skyweft::workflows
