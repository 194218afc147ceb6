// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "data/pixel_map.hpp"
#include "io/files.hpp"
#include "io/wcs_cards.hpp"
#include "sky/sip.hpp"
#include "sky/wcs.hpp"
#include "steps/step.hpp"
#include "workflows/archive.hpp"
#include "workflows/load_config.hpp"
#include "workflows/one_frame.hpp"
#include "workflows/sky_givens.hpp"
#include "workflows/stages/scan_file.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {
namespace fs = std::filesystem;

struct SolveRequest {
  ConfigRequest config;
  std::vector<std::string> frames;
  std::string position;  ///< RA,DEC in degrees
  double scale_arcsec_px = kNaN;
  std::string format = "wcs";
  std::string output;  ///< folder; empty: nothing is written
};

std::optional<SkyPos> position_in(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const std::size_t comma = text.find(',');
  const auto ra = number_spelled(std::string_view{text}.substr(0, comma));
  const auto dec = comma == std::string::npos
                       ? std::nullopt
                       : number_spelled(std::string_view{text}.substr(comma + 1));
  if (!ra || !dec || std::abs(*dec) > 90.0)
    throw Error{Errc::usage, fmt::format("--position {} is not RA,DEC in degrees", text)};
  return SkyPos{Angle::from_deg(*ra), Angle::from_deg(*dec)};
}

/// One line a person can read and a script can cut at blanks.
void print_solution(const std::string& name, const FrameRecord& r, const Wcs& wcs) {
  fmt::print(
      "{}  ra {:.6f} dec {:+.6f} deg  scale {:.5f} arcsec/px  rotation {:.4f} deg{}  "
      "order {}  matched {} of {}  rms {:.3f} px  log odds {:.1f}  by {}\n",
      name, r.ra_deg, r.dec_deg, r.scale_arcsec_px, r.rotation_deg,
      sky::is_mirrored(wcs) ? "  mirrored" : "", wcs.order, r.n_matched, r.n_sources, r.wcs_rms_px,
      r.log_odds, r.solved_by);
}

void write_solution(const steps::FrameWork& work, const SolveRequest& request,
                    const std::string& label) {
  const fs::path folder = request.output;
  make_folder(folder);
  const TanSip sip = sky::fit_tan_sip(work.record.wcs, work.frame.nx(), work.frame.ny());
  const std::string stem = safe_file_part(label);
  if (request.format == "wcs")
    io::write_wcs_file(folder / (stem + ".wcs"), sip, work.frame.nx(), work.frame.ny());
  else if (request.format == "text")
    io::write_text_file(folder / (stem + ".head"), io::wcs_text(sip));
  else {
    const auto map = file_pixels_of(work.info);
    const fs::path copy = folder / fs::path{work.info.path}.filename();
    std::error_code ignored;
    if (!map)
      throw Error{Errc::bad_input,
                  "its pixels come from several images or amplifiers of the file, and one header "
                  "cannot describe them; use --format wcs, which is in pixels of the frame"};
    if (fs::equivalent(work.info.path, copy, ignored))
      throw Error{Errc::bad_input, "the copy would replace the raw file; choose another folder"};
    io::write_wcs_copy(work.info.path, work.info.layout, copy, sky::in_file_pixels(sip, *map));
  }
}

int solve(const SolveRequest& request) {
  const RunConfig config = load_config(request.config);
  const std::optional<SkyPos> position = position_in(request.position);
  SkyGivens sky{config};
  std::int64_t n_frame = 0, n_solved = 0;
  const auto report = [&](const std::string& name, const std::string& why) {
    fmt::print(stderr, "not solved: {}: {}\n", printable(name), why);
  };
  for (const fs::path& file : io::expand_globs(request.frames)) {
    try {
      static const std::vector<std::string> kSteps{"load", "calibrate", "background", "detect"};
      each_frame(file.string(), config, kSteps, [&](steps::FrameWork& work) {
        ++n_frame;
        if (position) work.info.pointing = position;
        if (std::isfinite(request.scale_arcsec_px))
          work.info.scale_arcsec_px = request.scale_arcsec_px;
        const std::string label = label_of(work.info);
        if (work.record.state != FrameState::rejected)
          steps::process(work, steps::chain({"solve"}, steps::kSources), sky.for_frame(work.info),
                         config.frame);
        if (work.record.state == FrameState::rejected) return report(label, work.record.reason);
        print_solution(printable(label), work.record, work.record.wcs);
        if (!request.output.empty()) write_solution(work, request, label);
        ++n_solved;
      });
    } catch (const Error& error) {
      if (error.code() != Errc::bad_input) throw;
      ++n_frame;
      report(file.string(), printable(error.text()));
    }
  }
  fmt::print(stderr, "{} of {} frames solved\n", n_solved, n_frame);
  if (n_solved == n_frame) return 0;
  return static_cast<int>(n_solved == 0 ? ExitCode::bad_input : ExitCode::too_many_rejects);
}

}  // namespace

void declare_solve(CLI::App& app, Invocation& call) {
  auto request = std::make_shared<SolveRequest>();  // shared: lives as long as the parsed command
  app.add_option("frames", request->frames, "FITS images: files, folders or globs")->required();
  app.add_option("--config", request->config.file, "configuration file (TOML)");
  app.add_option("--set", request->config.sets, "KEY=VALUE over the configuration")->take_all();
  app.add_option("--catalog", request->config.catalog, "star catalogue: folder or file");
  app.add_option("--index", request->config.index,
                 "index of the sky (skyweft catalog index), for frames nothing is known about");
  app.add_option("--position", request->position, "RA,DEC of the middle, degrees, if known");
  app.add_option("--scale", request->scale_arcsec_px, "arcsec per pixel, if known");
  app.add_option("--format", request->format,
                 "wcs: FITS header; text: cards; copy: the frame with the solution in its header")
      ->check(CLI::IsMember({"wcs", "text", "copy"}));
  app.add_option("-o,--output", request->output, "folder to write solutions to");
  app.callback([request, &call] {
    call.action = [request] { return guarded([&] { return solve(*request); }); };
  });
}

}  // namespace skyweft::workflows
