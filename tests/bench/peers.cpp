// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "bench/peers.hpp"

#include <cmath>
#include <cstdlib>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "io/files.hpp"
#include "io/fits.hpp"
#include "phot/apertures.hpp"

namespace skyweft::bench {
namespace {

struct Peer {
  std::string name;
  std::string work;     ///< what it does
  std::string probe;    ///< a shell command that is true where the peer is installed
  std::string command;  ///< run in the folder of the frames
  double our_cpu_s;     ///< our stages that do the same
  std::string ours;     ///< their names
};

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return out + "'";
}

std::string found(const std::string& program) {
  return fmt::format("command -v {}", program);
}

bool is_true(const std::string& command) {
  return std::system(fmt::format("{{ {}; }} >/dev/null 2>&1", command).c_str()) == 0;
}

/// The inputs that all peers share: frames as FITS, places as text.
void write_inputs(const Options& options, const Night& night, const FrameProducts& ours) {
  const auto image = [&](const char* name, const Grid<float>& pixels, double exposure_s) {
    io::Header header;
    header.add_number("EXPTIME", exposure_s);
    io::write_image(options.folder / name, {{.name = "", .pixels = &pixels, .unit = ""}}, header);
  };
  image("frame.fits", ours.frame.signal_e, ours.frame.exposure_s);
  image("bias.fits", night.bias.value, 0.0);
  image("dark.fits", night.dark.value, night.dark.exposure_s);
  image("flat.fits", night.flat.value, 1.0);
  std::string list;
  const auto size = static_cast<double>(options.nx);
  for (std::size_t s = 0; s < ours.x_px.size(); ++s) {
    const double x = ours.x_px[s];
    const double y = ours.y_px[s];
    if (x > 0 && y > 0 && x < size - 1 && y < size - 1)
      list += fmt::format("{} {:.4f} {:.4f}\n", s, x, y);
  }
  io::write_text_file(options.folder / "stars.txt", list);
}

/// Settings of source-extractor close to ours: 64 px mesh, 3 x 3 median, 5 sigma filtered.
void write_sextractor_inputs(const Options& options, const FrameProducts& ours,
                             const std::vector<double>& radii_px) {
  const auto write = [&](const char* name, const std::string& text) {
    io::write_text_file(options.folder / name, text);
  };
  std::string kernel = "CONV NORM\n";
  const double sigma_px = ours.fwhm_px / 2.3548;
  for (int y = -2; y <= 2; ++y) {
    for (int x = -2; x <= 2; ++x)
      kernel += fmt::format("{:.6f} ", std::exp(-0.5 * (x * x + y * y) / (sigma_px * sigma_px)));
    kernel += '\n';
  }
  write("bench.conv", kernel);
  write("windowed.param", "NUMBER\nXWIN_IMAGE\nYWIN_IMAGE\nFLUX_AUTO\nFLUXERR_AUTO\nFLAGS\n");
  write("aper.param",
        fmt::format("NUMBER\nX_IMAGE\nY_IMAGE\nFLUX_APER({0})\nFLUXERR_APER({0})\nFLAGS\n",
                    radii_px.size()));
  std::vector<double> diameters;
  for (const double r : radii_px) diameters.push_back(2.0 * r);
  write("bench.sex",
        fmt::format("CATALOG_TYPE ASCII\nFILTER_NAME bench.conv\nFILTER Y\nDETECT_THRESH 1.5\n"
                    "ANALYSIS_THRESH 1.5\nDETECT_MINAREA 5\nBACK_SIZE 64\nBACK_FILTERSIZE 3\n"
                    "BACKPHOTO_TYPE LOCAL\nBACKPHOTO_THICK 24\nPHOT_APERTURES {}\n"
                    "CATALOG_NAME sex.cat\nVERBOSE_TYPE QUIET\nCLEAN Y\nWEIGHT_TYPE NONE\n",
                    fmt::join(diameters, ",")));
}

std::string fiphot_apertures(const std::vector<double>& radii_px, const phot::Annulus& ring) {
  std::vector<std::string> parts;
  for (const double r : radii_px)
    parts.push_back(
        fmt::format("{}:{:.1f}:{:.1f}", r, ring.inner_px, ring.outer_px - ring.inner_px));
  return fmt::format("{}", fmt::join(parts, ","));
}

std::vector<Peer> peers(const Options& options, const FrameProducts& ours, const Table& table) {
  const phot::ApertureConfig config;
  const phot::Annulus ring = phot::annulus_for(config, ours.fwhm_px);
  const double detect_s =
      table.cpu_s("read raw") + table.cpu_s("background") + table.cpu_s("detect");
  const double measure_s = table.cpu_s("read raw") + table.cpu_s("measure");
  const double calibrate_s = table.cpu_s("read raw") + table.cpu_s("calibrate");
  const std::string detecting = "read + background + detect";
  const std::string measuring = "read + measure";
  const std::string python = quoted(options.python);
  const auto script = [&](const char* what) {
    return fmt::format("{} {} {} {} {}", python, quoted(options.peer_script.string()), what,
                       ours.fwhm_px, fmt::join(config.radii_px, ","));
  };
  const auto has_module = [&](const char* name) {
    return fmt::format("test -f {} && {} -c 'import {}'", quoted(options.peer_script.string()),
                       python, name);
  };
  return {
      {"ficalib", "calibrate", found("ficalib"),
       "ficalib -i light_0.fits -B bias.fits -D dark.fits -F flat.fits -o ficalib.fits -b -32",
       calibrate_s, "read + calibrate"},
      {"numpy", "calibrate, with errors", has_module("numpy, astropy"), script("numpy-calibrate"),
       calibrate_s, "read + calibrate"},
      {"ccdproc", "calibrate, with errors", has_module("ccdproc"), script("ccdproc-calibrate"),
       calibrate_s, "read + calibrate"},
      {"source-extractor", "detect, windowed", found("source-extractor"),
       "source-extractor frame.fits -c bench.sex -PARAMETERS_NAME windowed.param", detect_s,
       detecting},
      {"fistar", "detect, elliptic fit", found("fistar"),
       fmt::format(
           "fistar -i frame.fits -o fistar.out -t {:.1f} --algorithm uplink --model elliptic",
           4.0 * ours.sky_rms_e),
       detect_s, detecting},
      {"sep", "detect, windowed", has_module("sep"), script("sep-detect"), detect_s, detecting},
      {"photutils", "detect, DAOStarFinder", has_module("photutils, scipy.ndimage"),
       script("photutils-detect"), detect_s, detecting},
      {"source-extractor", "detect + apertures", found("source-extractor"),
       "source-extractor frame.fits -c bench.sex -PARAMETERS_NAME aper.param", detect_s + measure_s,
       detecting + " + measure"},
      {"fiphot", "apertures", found("fiphot"),
       fmt::format("fiphot -i frame.fits -L stars.txt --col-id 1 --col-xy 2,3 -a {} "
                   "--sky-fit median,sigma=3,iterations=2 -x {:.1f} -F XY,BbFf -o fiphot.out",
                   fiphot_apertures(config.radii_px, ring), ring.exclusion_px),
       measure_s, measuring},
      {"sep", "apertures, exact", has_module("sep"), script("sep-measure"), measure_s, measuring},
      {"photutils", "apertures, exact", has_module("photutils"), script("photutils-measure"),
       measure_s, measuring},
  };
}

}  // namespace

void time_peers(const Options& options, const Night& night, const FrameProducts& ours,
                Table& table) {
  write_inputs(options, night, ours);
  write_sextractor_inputs(options, ours, phot::ApertureConfig{}.radii_px);
  for (const Peer& peer : peers(options, ours, table)) {
    Row row{.section = "peers", .stage = peer.name, .amount = peer.work, .cost = {}, .unit = {}};
    if (!is_true(peer.probe)) {
      row.note = "not installed";
    } else {
      const std::string command = fmt::format("export OMP_NUM_THREADS=1; cd {} && {}",
                                              quoted(options.folder.string()), peer.command);
      row.cost = median_cost_of_command(options.n_run, command);
      if (std::isfinite(row.cost.cpu_s)) {
        row.rate = row.cost.cpu_s / peer.our_cpu_s;
        row.unit = "x our CPU time";
        row.note = fmt::format("ours: {:.0f} ms, {}", 1e3 * peer.our_cpu_s, peer.ours);
      } else {
        row.note = "failed";
      }
    }
    table.add(std::move(row));
  }
}

}  // namespace skyweft::bench
