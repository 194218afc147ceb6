// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "bench/peers.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>

#include "bench/completeness.hpp"
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "io/files.hpp"
#include "io/fits.hpp"
#include "phot/apertures.hpp"

namespace skyweft::bench {
namespace {

struct Peer {
  std::string name;
  std::string work;        ///< what it does
  std::string probe;       ///< a shell command that is true where the peer is installed
  std::string command;     ///< run in the folder of the frames
  double our_cpu_s;        ///< our stages that do the same
  std::string ours;        ///< their names
  std::string before{};    ///< a command run once beforehand, not timed
  std::string baseline{};  ///< a command whose cost is not the work in question
};

/// A peer that finds stars: its threshold is set so that it finds as many isolated ones as we do.
struct Finder {
  std::string name;
  std::string work;
  std::string probe;
  std::function<std::string(double)> command;  ///< at a threshold
  std::string list;                            ///< the file it writes, with columns of x and y
  int x_column, y_column;
  double least, most;    ///< thresholds to try, in its own unit
  std::string baseline;  ///< a command whose cost is not the peer's own work; "" for none
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

/// Settings of source-extractor close to ours: 64 px mesh, 3 x 3 median, the same filter.
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
  write("isophotal.param", "NUMBER\nX_IMAGE\nY_IMAGE\nFLUX_ISO\nFLAGS\n");
  write("aper.param",
        fmt::format("NUMBER\nX_IMAGE\nY_IMAGE\nFLUX_APER({0})\nFLUXERR_APER({0})\nFLAGS\n",
                    radii_px.size()));
  // A map as large as ours, of stars as bright, at half a pixel.
  write("psf.param",
        "VIGNET(25,25)\nX_IMAGE\nY_IMAGE\nFLUX_RADIUS\nFLUX_APER(1)\nFLUXERR_APER(1)\n"
        "ELONGATION\nFLAGS\nSNR_WIN\n");
  write("psfex.conf",
        "BASIS_TYPE PIXEL_AUTO\nPSF_SAMPLING 0.5\nPSF_SIZE 25,25\nPSFVAR_KEYS X_IMAGE,Y_IMAGE\n"
        "PSFVAR_GROUPS 1,1\nPSFVAR_DEGREES 3\nSAMPLE_MINSN 20\nCHECKPLOT_TYPE NONE\n"
        "CHECKIMAGE_TYPE NONE\nNTHREADS 1\nVERBOSE_TYPE QUIET\nWRITE_XML N\n");
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

std::string has_module(const Options& options, const std::string& name) {
  return fmt::format("test -f {} && {} -c 'import {}'", quoted(options.peer_script.string()),
                     quoted(options.python), name);
}

std::string script(const Options& options, const FrameProducts& ours, const std::string& what,
                   double threshold = 0.0) {
  return fmt::format("{} {} {} {} {} {:.4f}", quoted(options.python),
                     quoted(options.peer_script.string()), what, ours.fwhm_px,
                     fmt::join(ten_apertures().radii_px, ","), threshold);
}

std::string in_folder(const Options& options, const std::string& command) {
  return fmt::format("export OMP_NUM_THREADS=1; cd {} && {}", quoted(options.folder.string()),
                     command);
}

std::vector<Finder> finders(const Options& options, const FrameProducts& ours) {
  const auto sextractor = [](const std::string& columns) {
    return [columns](double threshold) {
      return fmt::format(
          "source-extractor frame.fits -c bench.sex -DETECT_THRESH {0:.4f} "
          "-ANALYSIS_THRESH {0:.4f} -PARAMETERS_NAME {1}.param",
          threshold, columns);
    };
  };
  const auto python = [&](const std::string& what) {
    return [&, what](double threshold) { return script(options, ours, what, threshold); };
  };
  return {{"source-extractor", "detect, windowed", found("source-extractor"),
           sextractor("windowed"), "sex.cat", 1, 2, 0.8, 6.0, ""},
          {"source-extractor", "detect, isophotal", found("source-extractor"),
           sextractor("isophotal"), "sex.cat", 1, 2, 0.8, 6.0, ""},
          {"fistar", "detect, elliptic fit", found("fistar"),
           [&](double threshold) {
             return fmt::format(
                 "fistar -i frame.fits -o fistar.out -t {:.2f} --format id,x,y "
                 "--algorithm uplink --model elliptic",
                 threshold * ours.sky_rms_e);
           },
           "fistar.out", 1, 2, 1.0, 20.0, ""},
          {"sep", "detect, windowed", has_module(options, "sep"), python("sep-detect"), "sep.bin",
           0, 1, 0.8, 6.0, script(options, ours, "read-sep")},
          {"photutils", "detect, DAOStarFinder", has_module(options, "photutils, scipy.ndimage"),
           python("photutils-detect"), "photutils.bin", 0, 1, 2.0, 12.0,
           script(options, ours, "read-photutils")}};
}

struct Tuned {
  double threshold = kNaN;
  double completeness = kNaN;
  std::size_t n_found = 0;
};

/// Halves the range of thresholds until the peer finds as large a share of the true stars.
Tuned tuned(const Options& options, const Finder& peer, const Positions& truth, double wanted,
            double radius_px) {
  const auto at = [&](double threshold) {
    std::error_code ignored;
    std::filesystem::remove(options.folder / peer.list, ignored);
    if (!is_true(in_folder(options, peer.command(threshold)))) return Tuned{};
    const Positions list = read_positions(options.folder / peer.list, peer.x_column, peer.y_column);
    return Tuned{threshold, completeness(truth, list, radius_px), list.x_px.size()};
  };
  double low = std::log(peer.least), high = std::log(peer.most);
  Tuned best = at(peer.least);
  wanted = std::min(wanted, best.completeness);  // one that never gets there: its own best
  for (int round = 0; round < 6 && best.completeness >= wanted - 0.001; ++round) {
    const Tuned middle = at(std::exp(0.5 * (low + high)));
    if (middle.completeness >= wanted - 0.001) {
      best = middle;
      low = std::log(middle.threshold);
    } else {
      high = 0.5 * (low + high);
    }
  }
  return best;  // the highest threshold seen that is as complete, or the lowest allowed
}

void time_finders(const Options& options, const FrameProducts& ours, Table& table) {
  Positions truth;
  const auto size = static_cast<double>(options.nx);
  for (std::size_t s = 0; s < ours.x_px.size(); ++s)
    if (ours.x_px[s] > 4 && ours.y_px[s] > 4 && ours.x_px[s] < size - 5 &&
        ours.y_px[s] < size - 5) {
      truth.x_px.push_back(ours.x_px[s]);
      truth.y_px.push_back(ours.y_px[s]);
    }
  // Thresholds decide about isolated stars; about blends every program thinks for itself.
  truth = isolated(truth, 4.0 * ours.fwhm_px);
  const double radius_px = std::max(1.0, 0.5 * ours.fwhm_px);
  const double wanted = completeness(truth, {ours.found_x_px, ours.found_y_px}, radius_px);
  const double ours_s = table.cpu_s("background") + table.cpu_s("detect, all");
  for (const Finder& peer : finders(options, ours)) {
    Row row{.section = "peers", .stage = peer.name, .amount = peer.work, .cost = {}, .unit = {}};
    const bool is_here = is_true(peer.probe);
    const Tuned at = is_here ? tuned(options, peer, truth, wanted, radius_px) : Tuned{};
    if (!is_here) {
      row.note = "not installed";
    } else if (!std::isfinite(at.completeness)) {
      row.note = "failed";
    } else {
      row.cost =
          median_cost_of_command(options.n_run, in_folder(options, peer.command(at.threshold)));
      double our_cpu_s = ours_s + table.cpu_s("read raw");
      if (!peer.baseline.empty()) {  // Python's own start and reading are no work of the peer
        const Cost idle = median_cost_of_command(options.n_run, in_folder(options, peer.baseline));
        row.cost = {.cpu_s = row.cost.cpu_s - idle.cpu_s, .wall_s = row.cost.wall_s - idle.wall_s};
        our_cpu_s = ours_s;
      }
      row.rate = row.cost.cpu_s / our_cpu_s;
      row.unit = "x our CPU time";
      row.note = fmt::format(
          "ours: {:.0f} ms, {}background + detect; finds {:.1f} % at {:.2f}, ours {:.1f} %; lists "
          "{}, ours {}",
          1e3 * our_cpu_s, peer.baseline.empty() ? "read + " : "", 100.0 * at.completeness,
          at.threshold, 100.0 * wanted, at.n_found, ours.found_x_px.size());
    }
    table.add(std::move(row));
  }
}

std::vector<Peer> peers(const Options& options, const FrameProducts& ours, const Table& table) {
  const phot::ApertureConfig config = ten_apertures();
  const phot::Annulus ring = phot::annulus_for(config, ours.fwhm_px);
  const double detect_s =
      table.cpu_s("read raw") + table.cpu_s("background") + table.cpu_s("detect, all");
  const double measure_s = table.cpu_s("read raw") + table.cpu_s("measure");
  const double calibrate_s = table.cpu_s("read raw") + table.cpu_s("calibrate");
  const std::string detecting = "read + background + detect";
  const std::string measuring = "read + measure";
  return {
      {"ficalib", "calibrate", found("ficalib"),
       "ficalib -i light_0.fits -B bias.fits -D dark.fits -F flat.fits -o ficalib.fits -b -32",
       calibrate_s, "read + calibrate"},
      {"numpy", "calibrate, with errors", has_module(options, "numpy, astropy"),
       script(options, ours, "numpy-calibrate"), calibrate_s, "read + calibrate"},
      {"ccdproc", "calibrate, with errors", has_module(options, "ccdproc"),
       script(options, ours, "ccdproc-calibrate"), calibrate_s, "read + calibrate"},
      {"source-extractor", "detect + apertures", found("source-extractor"),
       "source-extractor frame.fits -c bench.sex -PARAMETERS_NAME aper.param", detect_s + measure_s,
       detecting + " + measure"},
      {"source-extractor", "apertures alone", found("source-extractor"),
       "source-extractor frame.fits -c bench.sex -PARAMETERS_NAME aper.param",
       table.cpu_s("measure"), "measure", "",
       "source-extractor frame.fits -c bench.sex -PARAMETERS_NAME isophotal.param"},
      {"fiphot", "apertures", found("fiphot"),
       fmt::format("fiphot -i frame.fits -L stars.txt --col-id 1 --col-xy 2,3 -a {} "
                   "--sky-fit median,sigma=3,iterations=2 -x {:.1f} -F XY,BbFf -o fiphot.out",
                   fiphot_apertures(config.radii_px, ring), ring.exclusion_px),
       measure_s, measuring},
      {"sep", "apertures, exact", has_module(options, "sep"), script(options, ours, "sep-measure"),
       measure_s, measuring},
      {"photutils", "apertures, exact", has_module(options, "photutils"),
       script(options, ours, "photutils-measure"), measure_s, measuring},
      {"psfex", "PSF map, order 3", found("psfex") + " && " + found("source-extractor"),
       "psfex psf.cat -c psfex.conf", table.cpu_s("PSF map"), "PSF map",
       "source-extractor frame.fits -c bench.sex -PARAMETERS_NAME psf.param -CATALOG_TYPE "
       "FITS_LDAC "
       "-CATALOG_NAME psf.cat -DETECT_THRESH 20 -ANALYSIS_THRESH 20"},
  };
}

}  // namespace

void time_peers(const Options& options, const Night& night, const FrameProducts& ours,
                Table& table) {
  write_inputs(options, night, ours);
  write_sextractor_inputs(options, ours, ten_apertures().radii_px);
  time_finders(options, ours, table);
  for (const Peer& peer : peers(options, ours, table)) {
    Row row{.section = "peers", .stage = peer.name, .amount = peer.work, .cost = {}, .unit = {}};
    if (!is_true(peer.probe)) {
      row.note = "not installed";
    } else {
      if (!peer.before.empty() && !is_true(in_folder(options, peer.before))) {
        row.note = "failed";
        table.add(std::move(row));
        continue;
      }
      row.cost = median_cost_of_command(options.n_run, in_folder(options, peer.command));
      if (!peer.baseline.empty()) {
        const Cost rest = median_cost_of_command(options.n_run, in_folder(options, peer.baseline));
        row.cost = {.cpu_s = row.cost.cpu_s - rest.cpu_s, .wall_s = row.cost.wall_s - rest.wall_s};
      }
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
