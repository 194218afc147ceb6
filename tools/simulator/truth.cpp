// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "simulator/truth.hpp"

#include <iterator>
#include <system_error>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "io/fits.hpp"
#include "simulator/read_out.hpp"
#include "simulator/season.hpp"

namespace skyweft::simulator {
namespace {

template <class... A>
void add_line(std::string& text, fmt::format_string<A...> format, A&&... values) {
  fmt::format_to(std::back_inserter(text), format, std::forward<A>(values)...);
  text += '\n';
}

const Variable* variable_of(const Scene& scene, std::int64_t i_star) {
  for (const Variable& v : scene.variables)
    if (v.i_star == i_star) return &v;
  return nullptr;
}

std::string stars_csv(const Scene& scene) {
  std::string out =
      "star_id,ra_deg,dec_deg,mag,colour,variable,epoch_bjd_tdb,period_d,amplitude,duration_d\n";
  for (std::int64_t i = 0; i < scene.n_star(); ++i) {
    const auto s = static_cast<std::size_t>(i);
    const SkyPos& at = scene.at_date[s];
    fmt::format_to(std::back_inserter(out), "{},{:.9f},{:.9f},{:.6f},{:.4f},",
                   scene.catalogue.id[s], at.ra.deg(), at.dec.deg(), scene.catalogue.mag[s],
                   scene.catalogue.colour[s]);
    if (const Variable* v = variable_of(scene, i))
      add_line(out, "{},{:.7f},{},{},{}", name_of(v->kind), v->epoch_bjd_tdb, v->period_d,
               v->amplitude, v->duration_d);
    else
      out += "constant,,,,\n";
  }
  return out;
}

std::string frames_csv(const Scene& scene, const std::vector<FrameTruth>& frames) {
  std::string out =
      "i_frame,file,time_utc_mid_jd,bjd_tdb,ra_deg,dec_deg,scale_arcsec_px,rotation_deg,fwhm_px,"
      "airmass,transparency_mag,sky_e_per_px,camera,night\n";
  for (const FrameTruth& t : frames)
    add_line(out, "{},{},{:.9f},{:.9f},{:.9f},{:.9f},{},{:.6f},{:.5f},{:.6f},{:.6f},{:.4f},{},{}",
             t.i_frame, t.file, t.time_utc_mid_jd, t.bjd_tdb, t.wcs.centre.ra.deg(),
             t.wcs.centre.dec.deg(), camera_config(scene.config, t.i_camera).scale_arcsec_px,
             t.rotation_deg, t.fwhm_px, t.airmass, t.transparency_mag, t.sky_e_per_px,
             camera_name(t.i_camera), t.i_night + 1);
  return out;
}

std::string fluxes_csv(const Scene& scene, const std::vector<FrameTruth>& frames) {
  std::string out = "i_frame,star_id,x_px,y_px,flux_e,rel_variation,bjd_tdb\n";
  for (const FrameTruth& t : frames)
    for (std::size_t i = 0; i < t.flux_e.size(); ++i)
      add_line(out, "{},{},{:.5f},{:.5f},{:.4f},{:.8f},{:.8f}", t.i_frame, scene.catalogue.id[i],
               t.x_px[i], t.y_px[i], t.flux_e[i], t.relative_variation[i], t.star_bjd_tdb[i]);
  return out;
}

std::string catalog_csv(const StarCatalog& stars) {
  std::string out = "source_id,ra,dec,pmra,pmdec,ref_epoch,phot_g_mean_mag,bp_rp\n";
  for (std::size_t i = 0; i < stars.id.size(); ++i)
    add_line(out, "{},{:.10f},{:.10f},{:.4f},{:.4f},{:.1f},{:.6f},{:.4f}", stars.id[i],
             stars.ra_deg[i], stars.dec_deg[i], stars.pm_ra_mas_yr[i], stars.pm_dec_mas_yr[i],
             stars.epoch_yr, stars.mag[i], stars.colour[i]);
  return out;
}

// One camera needs no name, and no section unless it has something to say.
std::string camera_text(const Scene& first, std::int64_t i_camera) {
  const SimConfig c = camera_config(first.config, i_camera);
  const auto texts = amplifier_texts(c);
  std::string out;
  if (c.n_cameras > 1)
    out += fmt::format("\n[camera.{}]\nwhen = \"INSTRUME == '{}'\"\n", camera_name(i_camera),
                       instrument_name(c, i_camera));
  else if (!texts.empty() || c.nonlinearity_per_adu != 0.0)
    out += "\n[camera.main]\n";
  if (!texts.empty()) out += "amplifiers = [\n";
  for (const std::string& text : texts) out += fmt::format("  \"{}\",\n", text);
  if (!texts.empty()) out += "]\n";
  if (c.nonlinearity_per_adu != 0.0)
    out += fmt::format("linearity = [{}]\n", c.nonlinearity_per_adu);
  return out;
}

void write_detector(const std::filesystem::path& path, const Detector& d) {
  io::write_image(path, {{"BIAS", &d.bias_adu, "adu"},
                         {"DARK", &d.dark_e_per_s, "electron/s"},
                         {"FLAT", &d.flat, ""}});
}

}  // namespace

std::string night_config_text(const Scene& scene) {
  const SimConfig& c = scene.config;
  std::string out = "# Written by skyweft simulate. Paths are relative to this file.\n";
  out += "[run]\nframes = [";
  for (std::int64_t night = 0; night < c.n_nights; ++night)
    out += fmt::format("{}\"{}\"", night > 0 ? ", " : "", light_folder(c, night));
  out += "]\n";
  std::string folders;
  const auto add_folder = [&folders](const char* name, int n) {
    if (n <= 0) return;
    folders += fmt::format("{}\"{}\"", folders.empty() ? "" : ", ", name);
  };
  if (c.calibration) {
    add_folder("bias", c.n_bias);
    add_folder("dark", c.n_dark);
    add_folder("flat", c.n_flat);
  }
  if (!folders.empty()) out += fmt::format("calibration = [{}]\n", folders);
  out += "catalog = \"catalog.csv\"\narchive = \"archive\"\n";
  out += fmt::format("\n[site]\nlongitude_deg = {:.6f}\nlatitude_deg = {:.6f}\nheight_m = {:.1f}\n",
                     c.longitude_deg, c.latitude_deg, c.height_m);
  for (std::int64_t k = 0; k < c.n_cameras; ++k) out += camera_text(scene, k);
  for (const Variable& v : scene.variables) {
    const SkyPos& at = scene.at_date[static_cast<std::size_t>(v.i_star)];
    out += fmt::format("\n[target.{}]\nra_deg = {:.7f}\ndec_deg = {:.7f}\n", name_of(v.kind),
                       at.ra.deg(), at.dec.deg());
    if (v.kind == VariableKind::transit)
      out += fmt::format(
          "event_mid_bjd = {:.6f}\nevent_duration_h = {:.3f}\nevent_period_d = {:.6f}\n",
          v.epoch_bjd_tdb, 24.0 * v.duration_d, v.period_d);
    else
      out += "variable = true\n";
  }
  out += "\n[phot]\nradii_px = [";
  for (const double widths : {0.8, 1.0, 1.3, 1.6, 2.1, 2.8})
    out += fmt::format("{}{:.2f}", widths > 0.8 ? ", " : "", widths * c.fwhm_px);
  out += "]\n";
  return out;
}

void write_truth(const std::filesystem::path& out_dir, const Scene& scene,
                 const std::vector<FrameTruth>& frames) {
  std::error_code failure;
  std::filesystem::create_directories(out_dir / "truth", failure);
  if (failure)
    throw Error{Errc::io, fmt::format("cannot make the folder {}: {}; choose another output folder",
                                      (out_dir / "truth").string(), failure.message())};
  io::write_text_file(out_dir / "truth/stars.csv", stars_csv(scene));
  io::write_text_file(out_dir / "truth/frames.csv", frames_csv(scene, frames));
  io::write_text_file(out_dir / "truth/fluxes.csv", fluxes_csv(scene, frames));
  write_detector(out_dir / "truth/detector.fits", scene.detector);
  io::write_text_file(out_dir / "catalog.csv", catalog_csv(scene.catalogue));
  io::write_text_file(out_dir / "night.toml", night_config_text(scene));
}

void write_truth(const std::filesystem::path& out_dir, const Scene& scene) {
  std::vector<FrameTruth> frames;
  for (std::int64_t i = 0; i < scene.n_light(); ++i) frames.push_back(frame_truth(scene, i));
  write_truth(out_dir, scene, frames);
}

void write_truth(const std::filesystem::path& out_dir, const Season& season) {
  std::vector<FrameTruth> frames;
  for (const Scene& scene : season.cameras)
    for (std::int64_t i = 0; i < scene.n_light(); ++i) frames.push_back(frame_truth(scene, i));
  write_truth(out_dir, season.cameras.front(), frames);
  for (std::size_t k = 1; k < season.cameras.size(); ++k)
    write_detector(
        out_dir / fmt::format("truth/detector_{}.fits", camera_name(static_cast<std::int64_t>(k))),
        season.cameras[k].detector);
}

}  // namespace skyweft::simulator
