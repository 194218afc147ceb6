// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/robust.hpp"
#include "io/files.hpp"
#include "io/fits.hpp"
#include "sky/wcs.hpp"
#include "workflows/report/gnuplot.hpp"
#include "workflows/report/report.hpp"

namespace skyweft::workflows {
namespace {

constexpr std::string_view kStyle = R"(
set terminal svg size 900,600 font 'sans,13' background '#ffffff'
set grid lc rgb '#dddddd'
set border 3 lc rgb '#444444'
set tics nomirror
)";

std::string column_text(const std::vector<std::vector<double>>& columns) {
  std::string text;
  const std::size_t n = columns.empty() ? 0 : columns.front().size();
  for (std::size_t i = 0; i < n; ++i) {
    for (const auto& c : columns)
      text += std::isfinite(c[i]) ? fmt::format("{:.8g} ", c[i]) : "NaN ";
    text += '\n';
  }
  return text;
}

/// Time in days with nine decimals: a Julian date has more digits than %.8g shows.
std::string time_text(const std::vector<double>& days,
                      const std::vector<std::vector<double>>& columns) {
  std::string text;
  for (std::size_t i = 0; i < days.size(); ++i) {
    text += fmt::format("{:.9f} ", days[i]);
    for (const auto& c : columns)
      text += std::isfinite(c[i]) ? fmt::format("{:.8g} ", c[i]) : "NaN ";
    text += '\n';
  }
  return text;
}

std::string file_part(const std::string& name) {
  return safe_file_part(name);
}

Picture finished(const std::filesystem::path& folder, const std::string& file,
                 const std::string& script, std::string caption) {
  return {draw(folder, script) ? file : std::string{}, std::move(caption)};
}

}  // namespace

Picture draw_scatter(const std::filesystem::path& folder, const StarTable& table) {
  const auto n_ap = static_cast<std::size_t>(table.n_ap());
  std::vector<std::vector<double>> columns(6);
  for (std::size_t s = 0; s < table.aperture.size(); ++s) {
    const std::size_t at = s * n_ap + static_cast<std::size_t>(table.aperture[s]);
    columns[0].push_back(static_cast<double>(table.stars.mag[s]));
    for (std::size_t stage = 0; stage < 4; ++stage)
      columns[stage + 1].push_back(
          table.scatter[stage].empty() ? kNaN : static_cast<double>(table.scatter[stage][at]));
    columns[5].push_back(table.noise_model.empty() ? kNaN
                                                   : static_cast<double>(table.noise_model[at]));
  }
  io::write_text_file(folder / "scatter.dat",
                      "# mag raw magfit epd tfa noise_model\n" + column_text(columns));
  std::string script = std::string{kStyle} +
                       "set output 'scatter.svg'\nset logscale y\nset key top left\nset xlabel "
                       "'catalogue magnitude'\n"
                       "set ylabel 'scatter (1.4826 MAD), mag'\nplot ";
  static constexpr const char* kColours[] = {"#bbbbbb", "#4477aa", "#228833", "#ee6677"};
  for (std::size_t stage = 0; stage < 4; ++stage)
    script +=
        fmt::format("'scatter.dat' using 1:{} with points pt 7 ps 0.5 lc rgb '{}' title '{}', ",
                    stage + 2, kColours[stage], kStages[stage]);
  script += "'scatter.dat' using 1:6 with points pt 1 ps 0.6 lc rgb '#000000' title 'noise model'";
  return finished(folder, "scatter.svg", script,
                  "Scatter against magnitude after every stage, each star in its chosen aperture, "
                  "with the noise model.");
}

Picture draw_night(const std::filesystem::path& folder, const std::vector<FrameRecord>& frames) {
  std::vector<double> hours;
  std::vector<std::vector<double>> columns(6);
  double first = kNaN;
  for (const FrameRecord& f : frames) {
    if (f.state != FrameState::measured) continue;
    if (std::isnan(first)) first = f.time_utc_mid_jd;
    hours.push_back((f.time_utc_mid_jd - first) * 24.0);
    columns[0].push_back(f.zero_point);
    columns[1].push_back(f.fwhm_px);
    columns[2].push_back(f.bg_e);
    columns[3].push_back(f.wcs_rms_px);
    columns[4].push_back(f.airmass);
    columns[5].push_back(static_cast<double>(f.n_sources));
  }
  io::write_text_file(
      folder / "night.dat",
      "# hours zero_point fwhm_px bg_e wcs_rms_px airmass n_sources\n" + time_text(hours, columns));
  std::string script =
      std::string{kStyle} +
      "set terminal svg size 900,1100 font 'sans,13' background '#ffffff'\nset output 'night.svg'\n"
      "unset key\nset multiplot layout 6,1 margins 0.1,0.97,0.06,0.98 spacing 0.02\n";
  static constexpr const char* kLabels[] = {"zero point, mag", "FWHM, px", "background, e-",
                                            "WCS rms, px",     "airmass",  "sources"};
  for (int i = 0; i < 6; ++i)
    script += fmt::format(
        "{}set ylabel '{}'\nplot 'night.dat' using 1:{} with points pt 7 ps 0.4 lc rgb '#4477aa'\n",
        i == 5 ? "set format x\nset xlabel 'hours since the first frame'\n" : "set format x ''\n",
        kLabels[i], i + 2);
  script += "unset multiplot";
  return finished(folder, "night.svg", script,
                  fmt::format("The night, from JD (UTC) {:.5f} on.", first));
}

Picture draw_light_curve(const std::filesystem::path& folder, const std::string& name,
                         const LightCurve& curve) {
  const std::string base = file_part(name);
  const double reference =
      curve.time_bjd_tdb.empty() ? 0.0 : std::floor(curve.time_bjd_tdb.front());
  std::vector<double> days;
  std::vector<std::vector<double>> columns(4);
  for (std::size_t i = 0; i < curve.time_bjd_tdb.size(); ++i) {
    days.push_back(curve.time_bjd_tdb[i] - reference);
    for (std::size_t s = 0; s < 4; ++s) columns[s].push_back(static_cast<double>(curve.mags[s][i]));
  }
  io::write_text_file(
      folder / (base + ".dat"),
      fmt::format("# bjd_tdb-{} raw magfit epd tfa\n", reference) + time_text(days, columns));
  std::string script =
      std::string{kStyle} +
      fmt::format(
          "set terminal svg size 900,900 font 'sans,13' background '#ffffff'\nset output '{}.svg'\n"
          "unset key\nset yrange [] reverse\nset multiplot layout 4,1 margins 0.1,0.97,0.07,0.97 "
          "spacing 0.03\n",
          base);
  for (std::size_t s = 0; s < 4; ++s) {
    const double middle = median_of_finite(columns[s]);
    if (!std::isfinite(middle)) {
      script += fmt::format(
          "set label 1 'not run' at graph 0.5,0.5 center\nset ylabel '{}'\nplot [0:1] NaN\nunset "
          "label 1\n",
          kStages[s]);
      continue;
    }
    script += fmt::format(
        "{}set ylabel '{}, mag'\nplot '{}.dat' using 1:(${}-({:.8g})) with points pt 7 ps 0.4 lc "
        "rgb "
        "'#4477aa'\n",
        s == 3 ? fmt::format("set format x\nset xlabel 'BJD(TDB) - {}'\n", reference)
               : "set format x ''\n",
        kStages[s], base, s + 2, middle);
  }
  script += "unset multiplot";
  return finished(folder, base + ".svg", script,
                  fmt::format("{}: magnitude minus median after every stage, aperture {:.2f} px.",
                              name, curve.aperture_radius_px));
}

Picture draw_field(const std::filesystem::path& folder, const std::filesystem::path& raw_frame,
                   const FrameRecord& record, const StarTable& stars,
                   const std::vector<ReportContent::Target>& targets) {
  const io::RawImage image = io::read_image(raw_frame);
  // Shrunk to at most about 1000 pixels a side, by taking the brightest pixel of each cell.
  const std::int64_t shrink =
      std::max<std::int64_t>(1, std::max(image.adu.nx(), image.adu.ny()) / 1000);
  const std::int64_t nx = image.adu.nx() / shrink;
  const std::int64_t ny = image.adu.ny() / shrink;
  const RobustSummary level = robust_summary(image.adu.pixels());
  std::string bytes;
  for (std::int64_t iy = 0; iy < ny; ++iy)
    for (std::int64_t ix = 0; ix < nx; ++ix) {
      double peak = static_cast<double>(image.adu(ix * shrink, iy * shrink));
      for (std::int64_t dy = 0; dy < shrink; ++dy)
        for (std::int64_t dx = 0; dx < shrink; ++dx)
          peak = std::max(peak, static_cast<double>(image.adu(ix * shrink + dx, iy * shrink + dy)));
      const double t =
          std::asinh(std::max(0.0, (peak - level.median + level.sigma) / (3.0 * level.sigma))) /
          std::asinh(200.0);
      bytes +=
          static_cast<char>(static_cast<unsigned char>(255.0 - 255.0 * std::clamp(t, 0.0, 1.0)));
    }
  io::write_text_file(folder / "field.bin", bytes);
  std::string marks;
  std::string names;
  for (std::int64_t s = 0; s < stars.stars.size(); ++s) {
    const auto k = static_cast<std::size_t>(s);
    const SkyPos position{Angle::from_deg(stars.stars.ra_deg[k]),
                          Angle::from_deg(stars.stars.dec_deg[k])};
    const PixelPos p = sky::to_pixel(record.wcs, position);
    if (!(p.x_px >= 0 && p.y_px >= 0 && p.x_px < static_cast<double>(image.adu.nx()) &&
          p.y_px < static_cast<double>(image.adu.ny())))
      continue;
    const double scale = static_cast<double>(shrink);
    const double radius =
        stars.aperture_radius_px[static_cast<std::size_t>(stars.aperture[k])] / scale;
    marks += fmt::format("{:.2f} {:.2f} {:.2f}\n", p.x_px / scale, p.y_px / scale,
                         std::max(2.0, radius));
    for (const auto& t : targets)
      if (t.star_id == stars.stars.id[k] && t.problem.empty())
        names += fmt::format("{:.2f} {:.2f} \"{}\"\n", p.x_px / scale, p.y_px / scale,
                             safe_file_part(t.name));
  }
  io::write_text_file(folder / "field.dat", marks.empty() ? "NaN NaN NaN\n" : marks);
  if (!names.empty()) io::write_text_file(folder / "field_names.dat", names);
  // A file without a valid point would end gnuplot.
  const std::string_view plot_names =
      names.empty() ? ""
                    : ", 'field_names.dat' using 1:2 with points pt 6 ps 3 lw 2 lc rgb '#ee6677', "
                      "'field_names.dat' using 1:2:3 with labels left offset 1.5,0.8 tc rgb "
                      "'#ee6677'";
  const std::string script = fmt::format(
      "set terminal pngcairo size 1000,{0} font 'sans,10'\nset output 'field.png'\nset palette "
      "gray\nunset colorbox\nunset key\n"
      "set cbrange [0:255]\nset xrange [-0.5:{1}]\nset yrange [-0.5:{2}]\nset size ratio -1\nset "
      "tics out nomirror\n"
      "plot 'field.bin' binary array=({3},{4}) format='%uchar' with image, 'field.dat' using 1:2:3 "
      "with circles lc rgb "
      "'#4477aa' lw 0.7{5}",
      std::clamp<std::int64_t>(1000 * ny / std::max<std::int64_t>(1, nx) + 40, 300, 2000),
      static_cast<double>(nx) - 0.5, static_cast<double>(ny) - 0.5, nx, ny, plot_names);
  return finished(
      folder, "field.png", script,
      fmt::format("The field on {} with the chosen aperture of every star; targets in red.",
                  printable(record.file)));
}

}  // namespace skyweft::workflows
