// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "data/pixel_map.hpp"
#include "detect/extended.hpp"
#include "io/files.hpp"
#include "io/source_table.hpp"
#include "workflows/load_config.hpp"
#include "workflows/one_frame.hpp"
#include "workflows/stages/scan_file.hpp"
#include "workflows/verbs/emit.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {
namespace fs = std::filesystem;

struct DetectRequest {
  ConfigRequest config;
  std::vector<std::string> frames;
  std::string format;
  std::string output;
  bool extended = false;
};

/// What the table says about its frame.
std::vector<io::TableCard> cards_of(const steps::FrameWork& work, std::string_view method) {
  std::vector<io::TableCard> cards{{"FRAME", printable(work.record.file), "file"},
                                   {"METHOD", std::string{method}, "finder"}};
  const auto number = [&](const char* key, double value, const char* comment) {
    if (std::isfinite(value)) cards.push_back({key, value, comment});
  };
  number("MJD-AVG", work.info.time_utc_mid_jd - 2400000.5, "[d] mid of the exposure, UTC");
  number("EXPTIME", work.info.exposure_s, "[s]");
  number("GAIN", work.info.gain_e_per_adu, "[electron/adu] used");
  number("FWHM_PX", work.record.fwhm_px, "[pixel] median of the stars");
  number("ELONGAT", work.record.elongation, "median of the stars");
  number("SKY_E", work.record.bg_e, "[electron] median level of the sky");
  number("SKYRMS_E", work.record.bg_rms_e, "[electron] median scatter of the sky");
  cards.push_back({"SWVERS", std::string{SKYWEFT_VERSION}, "skyweft version"});
  return cards;
}

std::string format_of(const DetectRequest& request) {
  if (!request.format.empty()) return request.format;
  const std::string ending = fs::path{request.output}.extension().string();
  for (const char* known : {"fits", "ecsv", "reg"})
    if (ending == std::string{"."} + known) return known;
  return "csv";
}

/// The frame's file without folder and ending, with channel and plane.
std::string stem_of(const steps::FrameWork& work) {
  fs::path stem = fs::path{work.info.path}.filename();
  while (stem.extension() == ".gz" || stem.extension() == ".fz") stem = stem.stem();
  std::string name = safe_file_part(stem.stem().string());
  if (!work.info.channel.empty()) name += "_" + safe_file_part(work.info.channel);
  if (work.info.layout.plane > 0) name += fmt::format("_plane{}", work.info.layout.plane);
  return name;
}

class Detecting {
 public:
  explicit Detecting(DetectRequest request) : request_(std::move(request)) {
    config_ = load_config(request_.config);
    format_ = format_of(request_);
  }

  int run() {
    const std::vector<fs::path> files = io::expand_globs(request_.frames);
    choose_folder(files);
    static const std::vector<std::string> kSteps{"load", "calibrate", "background", "detect"};
    for (const fs::path& file : files) {
      try {
        each_frame(file.string(), config_, kSteps, [&](steps::FrameWork& work) { take(work); });
      } catch (const Error& error) {
        if (error.code() != Errc::bad_input) throw;
        complain(file.string(), error.text());
      }
    }
    return static_cast<int>(n_bad_ > 0 ? ExitCode::bad_input : ExitCode::complete);
  }

 private:
  /// Several tables need a folder; which there are is known from the headers.
  void choose_folder(const std::vector<fs::path>& files) {
    std::size_t n_frame = 0;
    for (const fs::path& file : files) {
      try {
        n_frame += understand_one(file.string(), config_).size();
      } catch (const Error& error) {
        if (error.code() != Errc::bad_input) throw;
        ++n_frame;
      }
    }
    is_folder_ = n_frame > 1 || request_.output.ends_with('/') || fs::is_directory(request_.output);
    if (!is_folder_) return;
    if (request_.output.empty())
      throw Error{Errc::usage, fmt::format("there are {} frames; name a folder for their tables: "
                                           "-o FOLDER",
                                           n_frame)};
    std::error_code failed;
    fs::create_directories(request_.output, failed);
    if (failed)
      throw Error{Errc::io,
                  fmt::format("cannot make the folder {}: {}", request_.output, failed.message())};
  }

  void complain(const std::string& name, const std::string& why) {
    ++n_bad_;
    const bool is_named = why.find(name) != std::string::npos;
    fmt::print(stderr, "skyweft: warning: {}{}\n", is_named ? "" : printable(name) + ": ",
               printable(why));
  }

  void take(const steps::FrameWork& work) {
    const FrameRecord& record = work.record;
    // A picture of galaxies only has no stars, but objects.
    const bool usable =
        record.state != FrameState::rejected || (request_.extended && record.stage == "detect");
    if (!usable) {
      complain(work.info.path, record.stage + ": " + record.reason);
      return;
    }
    if (request_.extended)
      write(work,
            detect::detect_extended(work.frame, work.background, record.fwhm_px, config_.extended),
            "isophotes");
    else
      write(work, work.sources, "matched filter");
  }

  /// Frames of equal names in several folders get a number.
  std::string new_name(const steps::FrameWork& work) {
    const std::string stem = stem_of(work);
    std::string name = stem;
    for (int k = 2; !names_.insert(name).second; ++k) name = fmt::format("{}-{}", stem, k);
    return fmt::format("{}.sources.{}", name, format_);
  }

  template <class Sources>
  void write(const steps::FrameWork& work, const Sources& sources, std::string_view method) {
    const std::string path =
        is_folder_ ? (fs::path{request_.output} / new_name(work)).string() : request_.output;
    if (format_ == "reg") {
      emit_text(io::to_regions(sources, file_pixels_of(work.info).value_or(PixelMap{})), path);
    } else {
      io::Table table = io::source_table(sources);
      table.extension = cards_of(work, method);
      emit_table(table, format_, path);
    }
    if (!path.empty())
      fmt::print("{}: {} sources, FWHM {:.2f} px: {}\n", printable(work.record.file),
                 sources.size(), work.record.fwhm_px, path);
  }

  DetectRequest request_;
  RunConfig config_;
  std::string format_;
  bool is_folder_ = false;
  std::set<std::string> names_;
  int n_bad_ = 0;
};

}  // namespace

void declare_detect(CLI::App& app, Invocation& call) {
  auto request = std::make_shared<DetectRequest>();  // shared: lives as long as the command
  app.add_option("frames", request->frames, "frames: files, folders or globs; raw or calibrated")
      ->required();
  app.add_option("--config", request->config.file, "configuration file (TOML); may be left out");
  app.add_option("--set", request->config.sets, "KEY=VALUE over the configuration")->take_all();
  app.add_flag("--extended", request->extended,
               "isophotal, Kron and elliptical quantities of all objects, not of stars only");
  app.add_option("--format", request->format, "fits, ecsv, csv or reg (DS9); default: as -o ends")
      ->check(CLI::IsMember({"fits", "ecsv", "csv", "reg"}));
  app.add_option("-o,--output", request->output,
                 "file to write, or folder for several; default: standard output");
  app.callback([request, &call] {
    call.action = [request] { return guarded([&] { return Detecting{*request}.run(); }); };
  });
}

}  // namespace skyweft::workflows
