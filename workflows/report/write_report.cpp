// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/export_table.hpp"
#include "io/files.hpp"
#include "io/tables.hpp"
#include "lc/magfit.hpp"
#include "workflows/report/gnuplot.hpp"
#include "workflows/report/report.hpp"

namespace skyweft::workflows {
namespace {

ReportContent::Target make_target(const std::string& name, const TargetOptions& options,
                                  const LightCurveReader& reader,
                                  const std::filesystem::path& folder, double radius_arcsec) {
  ReportContent::Target target;
  target.name = name;
  try {
    const SkyPos position{Angle::from_deg(options.ra_deg), Angle::from_deg(options.dec_deg)};
    const std::int64_t row = reader.row_near(position, Angle::from_arcsec(radius_arcsec));
    const LightCurve curve = reader.read(row);
    const StarTable& stars = reader.stars();
    target.star_id = curve.star_id;
    target.aperture = curve.aperture;
    target.radius_px = curve.aperture_radius_px;
    const auto at = static_cast<std::size_t>(row * stars.n_ap() + curve.aperture);
    for (std::size_t s = 0; s < 4; ++s)
      target.scatter[s] =
          stars.scatter[s].empty() ? kNaN : static_cast<double>(stars.scatter[s][at]);
    target.noise_model =
        stars.noise_model.empty() ? kNaN : static_cast<double>(stars.noise_model[at]);
    target.csv = safe_file_part(name) + ".csv";
    io::write_text_file(folder / target.csv, io::to_csv(as_table(curve)));
    target.picture = draw_light_curve(folder, name, curve);
  } catch (const Error& error) {
    target.problem = error.text();
  }
  return target;
}

/// The raw file of `record` among those the configuration names; empty when it is not there any
/// more.
std::filesystem::path raw_file_of(const FrameRecord& record, const RunConfig& config) {
  try {
    for (const auto& path : io::expand_globs(config.run.frames))
      if (path.filename() == record.file) return path;
  } catch (const Error&) {
    return {};
  }
  return {};
}

}  // namespace

void write_report(const Archive& archive, const RunConfig& config, const LogSink& log) {
  const std::filesystem::path folder = archive.report();
  std::filesystem::create_directories(folder);
  const LightCurveReader reader{archive};
  ReportContent content;
  content.title = fmt::format("skyweft: {}", config.run.name);
  content.frames = io::read_frames_table(archive.frames_table().string());
  content.n_star = reader.stars().stars.size();
  if (!have_gnuplot())
    log(LogLevel::warning,
        "gnuplot is not installed: the report has no pictures (apt-get install gnuplot-nox)");

  const std::int64_t best = lc::choose_reference_frame(content.frames);
  const double scale =
      best >= 0 ? content.frames[static_cast<std::size_t>(best)].scale_arcsec_px : 5.0;
  int shown = 0;
  for (const auto& [name, options] : config.targets) {
    if (++shown > config.report.max_targets) break;
    content.targets.push_back(
        make_target(name, options, reader, folder, std::max(5.0, 3.0 * scale)));
    if (!content.targets.back().problem.empty())
      log(LogLevel::warning, fmt::format("target {}: {}", name, content.targets.back().problem));
  }
  if (best >= 0) {
    const FrameRecord& record = content.frames[static_cast<std::size_t>(best)];
    const auto raw = raw_file_of(record, config);
    if (!raw.empty())
      content.pictures.push_back(draw_field(folder, raw, record, reader.stars(), content.targets));
  }
  content.pictures.push_back(draw_scatter(folder, reader.stars()));
  content.pictures.push_back(draw_night(folder, content.frames));
  io::write_text_file(folder / "index.html", html_of(content));
}

}  // namespace skyweft::workflows
