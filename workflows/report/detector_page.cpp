// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/report/detector_page.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/log.hpp"
#include "io/files.hpp"
#include "io/fits.hpp"
#include "workflows/report/gnuplot.hpp"

namespace skyweft::workflows {
namespace {

constexpr const char* kColours[] = {"#4477aa", "#ee6677", "#228833", "#ccbb44",
                                    "#66ccee", "#aa3377", "#bbbbbb", "#000000"};

constexpr std::string_view kStyle = R"(
set terminal svg size 900,600 font 'sans,13' noenhanced background '#ffffff'
set grid lc rgb '#dddddd'
set border 3 lc rgb '#444444'
set tics nomirror
set key top left
set datafile missing 'NaN'
)";

const char* colour_of(std::size_t k) {
  return kColours[k % std::size(kColours)];
}

std::string name_of(const AmplifierReport& a) {
  return a.name.empty() ? "all" : safe_file_part(a.name);
}

/// "1.70 ± 0.01" with two digits of the error; a dash for what was not measured.
std::string with_error(double value, double error) {
  if (!std::isfinite(value)) return "-";
  if (!std::isfinite(error) || !(error > 0.0)) return fmt::format("{:.4g}", value);
  const int digits = std::clamp(1 - static_cast<int>(std::floor(std::log10(error))), 0, 12);
  return fmt::format("{:.{}f} ± {:.{}f}", value, digits, error, digits);
}

double dark_e_s(const AmplifierReport& a) {
  return a.dark ? a.dark->rate_adu_s * a.transfer.gain_e_per_adu : kNaN;
}

/// Raw level at which pixels are full.
double saturation_adu(const AmplifierReport& a) {
  return a.full_well_adu + a.bias_adu;
}

std::string draw_transfer(const DetectorReport& report, const std::filesystem::path& folder,
                          const std::string& suffix) {
  const std::string base = "photon_transfer" + suffix;
  std::string data;
  std::string plot;
  double low = kNaN;
  for (std::size_t k = 0; k < report.amplifiers.size(); ++k) {
    const AmplifierReport& a = report.amplifiers[k];
    data += fmt::format("# amplifier {}: level_adu variance_adu2 error_adu2\n", name_of(a));
    for (const auto& p : a.pairs) {
      data += fmt::format("{:.8g} {:.8g} {:.8g}\n", p.level_adu, p.variance_adu2,
                          p.variance_error_adu2);
      if (p.level_adu > 0.0) low = std::fmin(low, p.level_adu);
    }
    if (a.pairs.empty()) data += "NaN NaN NaN\n";
    data += "\n\n";
    const double bend = std::isfinite(a.transfer.curvature) ? a.transfer.curvature : 0.0;
    plot += fmt::format(
        "{}'{}.dat' index {} using 1:2:3 with yerrorbars pt 7 ps 0.6 lc rgb '{}' title '{}: {} "
        "e-/ADU, read noise {} e-', {:.8g}+x/{:.8g}-({:.8g})*x*x with lines lc rgb '{}' notitle",
        plot.empty() ? "plot " : ", ", base, k, colour_of(k), name_of(a),
        with_error(a.transfer.gain_e_per_adu, a.transfer.gain_error_e_per_adu),
        with_error(a.transfer.read_noise_e, a.transfer.read_noise_error_e),
        a.transfer.read_noise_adu * a.transfer.read_noise_adu, a.transfer.gain_e_per_adu, bend,
        colour_of(k));
  }
  io::write_text_file(folder / (base + ".dat"), data);
  const std::string range =
      std::isfinite(low) ? fmt::format("set xrange [{:.6g}:]\n", 0.5 * low) : std::string{};
  const std::string script = std::string{kStyle} +
                             fmt::format(
                                 "set encoding utf8\nset output '{}.svg'\nset logscale "
                                 "xy\n{}set xlabel 'level above bias, ADU'\nset ylabel "
                                 "'variance of one frame, ADU^2'\n",
                                 base, range) +
                             plot;
  return draw(folder, script) ? base + ".svg" : std::string{};
}

std::string draw_linearity(const DetectorReport& report, const std::filesystem::path& folder,
                           const std::string& suffix) {
  const std::string base = "linearity" + suffix;
  std::string data;
  std::string plot;
  for (std::size_t k = 0; k < report.amplifiers.size(); ++k) {
    const AmplifierReport& a = report.amplifiers[k];
    data +=
        fmt::format("# amplifier {}: level_adu, per cent off the line, exposure_s\n", name_of(a));
    bool any = false;
    if (a.linearity)
      for (const auto& p : a.lamp) {
        if (!(p.exposure_s > 0.0)) continue;
        const double line = a.linearity->rate_adu_s * (p.exposure_s + a.linearity->shutter_s);
        data += fmt::format("{:.8g} {:.6g} {:.8g}\n", p.level_adu,
                            100.0 * (p.level_adu / line - 1.0), p.exposure_s);
        any = true;
      }
    if (!any) data += "NaN NaN NaN\n";
    data += "\n\n";
    if (any)
      plot += fmt::format(
          "{}'{}.dat' index {} using 1:2 with points pt 7 ps 0.6 lc rgb '{}' title "
          "'{}'",
          plot.empty() ? "plot 0 with lines lc rgb '#888888' notitle, " : ", ", base, k,
          colour_of(k), name_of(a));
  }
  if (plot.empty()) return {};
  io::write_text_file(folder / (base + ".dat"), data);
  const std::string script =
      std::string{kStyle} +
      fmt::format(
          "set output '{}.svg'\nset xlabel 'level above bias, ADU'\nset ylabel 'level "
          "against exposure time, per cent off the line'\n",
          base) +
      plot;
  return draw(folder, script) ? base + ".svg" : std::string{};
}

nlohmann::json json_of(const AmplifierReport& a) {
  nlohmann::json out;
  const auto& t = a.transfer;
  out["name"] = printable(a.name);
  out["frame_box"] = {a.box.x0, a.box.y0, a.box.x1, a.box.y1};
  out["gain_e_per_adu"] = t.gain_e_per_adu;
  out["gain_error_e_per_adu"] = t.gain_error_e_per_adu;
  out["read_noise_e"] = t.read_noise_e;
  out["read_noise_error_e"] = t.read_noise_error_e;
  out["read_noise_adu"] = t.read_noise_adu;
  out["variance_curvature"] = t.curvature;
  out["variance_curvature_error"] = t.curvature_error;
  out["chi2_per_dof"] = t.chi2_per_dof;
  out["boxes"] = t.n_used;
  out["bias_adu"] = a.bias_adu;
  out["full_well_adu"] = a.full_well_adu;
  out["saturation_adu"] = saturation_adu(a);
  out["brightest_adu"] = a.brightest_adu;
  out["dark_e_s"] = dark_e_s(a);
  out["dark_error_e_s"] = a.dark ? a.dark->error_adu_s * t.gain_e_per_adu : kNaN;
  out["dark_temperature_c"] = a.dark_temperature_c;
  out["dark_per_kelvin"] = a.warming.per_kelvin;
  out["dark_per_kelvin_error"] = a.warming.error_per_kelvin;
  out["pixels"] = {
      {"hot", a.n_hot}, {"fault", a.n_fault}, {"low_flat", a.n_low_flat}, {"bad", a.n_bad}};
  out["hottest"] = nlohmann::json::array();
  for (const HotPixel& h : a.hottest)
    out["hottest"].push_back(
        {{"x", h.ix}, {"y", h.iy}, {"dark_e_s", h.rate_adu_s * t.gain_e_per_adu}});
  if (a.linearity) {
    const auto& l = *a.linearity;
    out["linearity"] = {{"filter", printable(a.linearity_filter)},
                        {"coefficients", l.coefficients},
                        {"errors", l.errors},
                        {"rms_percent", 100.0 * l.rms_fraction},
                        {"rms_corrected_percent", 100.0 * l.rms_corrected},
                        {"linear_to_adu", l.linear_to_adu},
                        {"shutter_s", l.shutter_s},
                        {"lamp_adu_s", l.rate_adu_s},
                        {"flats", l.n_used}};
  }
  out["pairs"] = nlohmann::json::array();
  for (const auto& p : a.pairs)
    out["pairs"].push_back({{"level_adu", p.level_adu},
                            {"variance_adu2", p.variance_adu2},
                            {"variance_error_adu2", p.variance_error_adu2}});
  return out;
}

/// The lines of [camera.NAME] for one amplifier, each behind `lead`.
std::string option_lines(const AmplifierReport& a, const std::string& lead) {
  std::string t = fmt::format("{0}gain_e_per_adu = {1:.4f}\n{0}read_noise_e = {2:.3f}\n", lead,
                              a.transfer.gain_e_per_adu, a.transfer.read_noise_e);
  if (std::isfinite(a.full_well_adu))
    t += fmt::format("{}saturation_adu = {:.0f}\n", lead, saturation_adu(a));
  else
    t += fmt::format("# saturation_adu: above {:.0f}, where the brightest flats are\n",
                     a.brightest_adu + a.bias_adu);
  if (a.linearity && !a.linearity->coefficients.empty()) {
    std::string list;
    for (const double c : a.linearity->coefficients)
      list += fmt::format("{}{:.4e}", list.empty() ? "" : ", ", c);
    t += fmt::format("{}linearity = [{}]\n", lead, list);
  }
  return t;
}

}  // namespace

nlohmann::json json_of(const DetectorReport& report) {
  const FrameInfo& f = report.frames.any();
  nlohmann::json out;
  out["camera"] = printable(report.frames.camera);
  out["channel"] = printable(report.frames.channel);
  out["binning"] = {f.x_binning, f.y_binning};
  out["size_px"] = {f.nx, f.ny};
  out["frames"] = {{"bias", report.frames.bias.size()},
                   {"dark", report.frames.darks.size()},
                   {"flat", report.frames.flats.size()}};
  out["notes"] = report.notes;
  out["amplifiers"] = nlohmann::json::array();
  for (const AmplifierReport& a : report.amplifiers) out["amplifiers"].push_back(json_of(a));
  return out;
}

std::string text_of(const DetectorReport& report) {
  std::string t = fmt::format("{}: {} bias, {} dark, {} flat frames\n", report.frames.label(),
                              report.frames.bias.size(), report.frames.darks.size(),
                              report.frames.flats.size());
  for (const AmplifierReport& a : report.amplifiers) {
    if (!a.name.empty()) t += fmt::format("amplifier {}\n", printable(a.name));
    const auto line = [&](const char* what, const std::string& value) {
      t += fmt::format("  {:<12} {}\n", what, value);
    };
    line("gain",
         with_error(a.transfer.gain_e_per_adu, a.transfer.gain_error_e_per_adu) + " e-/ADU");
    line("read noise", with_error(a.transfer.read_noise_e, a.transfer.read_noise_error_e) + " e-");
    line("bias", fmt::format("{:.2f} ADU", a.bias_adu));
    if (std::isfinite(a.transfer.curvature))
      line("bending", fmt::format("variance falls short by ({:.2g} ± {:.1g}) x level^2",
                                  a.transfer.curvature, a.transfer.curvature_error));
    if (a.dark)
      line("dark", with_error(dark_e_s(a), a.dark->error_adu_s * a.transfer.gain_e_per_adu) +
                       " e-/s/px" +
                       (std::isfinite(a.dark_temperature_c)
                            ? fmt::format(" at {:.0f} C", a.dark_temperature_c)
                            : "") +
                       (std::isfinite(a.warming.per_kelvin)
                            ? fmt::format(", x exp({:.3f} dT)", a.warming.per_kelvin)
                            : ""));
    if (std::isfinite(a.full_well_adu))
      line("full well", fmt::format("{:.0f} ADU above bias = {:.0f} e-", a.full_well_adu,
                                    a.full_well_adu * a.transfer.gain_e_per_adu));
    else
      line("full well", fmt::format("not reached; the brightest flats have {:.0f} ADU above bias",
                                    a.brightest_adu));
    if (a.linearity)
      line(
          "linearity",
          fmt::format("{:.2f} % rms off a line, {:.2f} % after correction; within 1 % up to {:.0f} "
                      "ADU above bias",
                      100.0 * a.linearity->rms_fraction, 100.0 * a.linearity->rms_corrected,
                      a.linearity->linear_to_adu));
    line("bad pixels", fmt::format("{}: {} hot, {} faulty, {} with low flat", a.n_bad, a.n_hot,
                                   a.n_fault, a.n_low_flat));
    if (a.transfer.chi2_per_dof > 2.0)
      line("warning", fmt::format("chi2 per degree of freedom is {:.1f}: the flats' noise is not "
                                  "that of photons alone",
                                  a.transfer.chi2_per_dof));
  }
  for (const std::string& note : report.notes) t += fmt::format("  note: {}\n", note);
  t += fmt::format("\n[camera.{}]\n", safe_file_part(report.frames.camera));
  const bool one = report.amplifiers.size() == 1;
  for (const AmplifierReport& a : report.amplifiers) {
    if (!one) t += fmt::format("# amplifier {}\n", printable(a.name));
    t += option_lines(a, one ? "" : "# ");
  }
  return t;
}

std::vector<std::string> write_detector_files(const DetectorReport& report,
                                              const std::filesystem::path& folder,
                                              const std::string& suffix) {
  std::vector<std::string> files;
  for (const std::string& file :
       {draw_transfer(report, folder, suffix), draw_linearity(report, folder, suffix)})
    if (!file.empty()) files.push_back(file);
  const std::string bad = "bad_pixels" + suffix + ".fits";
  io::Header cards;
  cards.add_text("CAMERA", safe_file_part(report.frames.camera));
  cards.add_text("CHANNEL", safe_file_part(report.frames.channel));
  cards.add_integer("WINX0", report.frames.any().window_x0, "first column in the detector, from 0");
  cards.add_integer("WINY0", report.frames.any().window_y0, "first row in the detector, from 0");
  io::write_image(folder / bad, {{.name = "MASK", .pixels = &report.bad, .unit = ""}}, cards);
  files.push_back(bad);
  if (report.shutter) {
    const std::string shutter = "shutter" + suffix + ".fits";
    io::write_image(folder / shutter,
                    {{.name = "DELAY", .pixels = &report.shutter->delay_s, .unit = "s"},
                     {.name = "VARIANCE", .pixels = &report.shutter->variance_s2, .unit = "s2"},
                     {.name = "MASK", .pixels = &report.shutter->mask, .unit = ""}},
                    cards);
    files.push_back(shutter);
  }
  return files;
}

}  // namespace skyweft::workflows
