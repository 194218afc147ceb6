// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "core/units.hpp"
#include "data/star_catalog.hpp"

namespace skyweft::io {

/// Which column of a photometry table, one row per star and frame, holds what. An entry is the name
/// of a column, its number as "$3", or an expression of core/expression.hpp over the columns of the
/// row ("90", "aperture_net_flux * 1.47"); empty: found by its usual names where it has some.
struct TableOptions {
  std::string star{};
  std::string ra{};
  std::string dec{};
  std::string mag{};
  std::string colour{};
  std::string time{};
  std::string time_scale = "utc";
  std::string time_reference = "mid";
  double time_offset_d = 0.0;
  std::string frame{};
  std::string camera{};
  std::string filter{};
  std::string exposure{};
  std::string airmass{};
  std::string x{};
  std::string y{};
  std::string background{};
  std::string fwhm{};
  std::vector<std::string> flux{};
  std::vector<std::string> flux_err{};
  std::vector<std::string> magnitude{};
  std::vector<std::string> magnitude_err{};
  std::vector<double> radii_px{};
  double gain_e_per_adu = 1.0;
  double zero_point_mag = 25.0;
  double group_arcsec = 3.0;
  std::string select{};
  std::string format = "auto";

  static constexpr auto fields() {
    using C = TableOptions;
    return std::tuple{
        field("star", &C::star, "",
              "column or expression of the star's number; empty: star_id, source_id … or, where "
              "there is none, rows that lie together are one star"),
        field("ra", &C::ra, "", "the same for right ascension, ICRS"),
        field("dec", &C::dec, "", "declination"),
        field("mag", &C::mag, "",
              "catalogue magnitude; empty: the median of the instrumental ones"),
        field("colour", &C::colour, "", "catalogue colour; empty: unknown"),
        field(
            "time", &C::time, "",
            "time of the exposure: ISO date, JD or MJD; empty: time_utc_mid_jd, jd, mjd, date-obs"),
        field("time_scale", &C::time_scale, "",
              "what the time counts; bjd_tdb is turned back into the observer's time and needs "
              "table.frame",
              one_of("utc|tt|tdb|bjd_tdb")),
        field("time_reference", &C::time_reference, "", "part of the exposure that the time is of",
              one_of("start|mid|end")),
        field("time_offset_d", &C::time_offset_d, "d",
              "added to times that are numbers: 2457000 for BJD - 2457000"),
        field("frame", &C::frame, "",
              "name of the exposure; empty: rows of one time, camera and filter are one exposure"),
        field("camera", &C::camera, "", "name of the camera; empty: main"),
        field("filter", &C::filter, "", "name of the filter; empty: filter, band, or none"),
        field("exposure", &C::exposure, "",
              "exposure time in seconds; empty: exposure_s, exptime …"),
        field("airmass", &C::airmass, "", "airmass; empty: airmass, or computed for the site"),
        field("x", &C::x, "", "x in pixels from 0; empty: x_px, x, xcenter …"),
        field("y", &C::y, "", "y in pixels from 0"),
        field("background", &C::background, "", "background per pixel, adu; empty: none"),
        field("fwhm", &C::fwhm, "", "width of the star, pixels; empty: none"),
        field("flux", &C::flux, "",
              "background-subtracted flux of every aperture in adu; empty: flux_e, flux …, else "
              "magnitudes"),
        field("flux_err", &C::flux_err, "", "its errors"),
        field("magnitude", &C::magnitude, "",
              "instrumental magnitude of every aperture, where there are no fluxes"),
        field("magnitude_err", &C::magnitude_err, "", "errors as magnitudes, also of fluxes"),
        field("radii_px", &C::radii_px, "pixel",
              "radii of the apertures; needed when there are several"),
        field("gain_e_per_adu", &C::gain_e_per_adu, "electron/adu", "turns fluxes into electrons",
              positive),
        field("zero_point_mag", &C::zero_point_mag, "mag",
              "instrumental magnitude of one electron per second"),
        field("group_arcsec", &C::group_arcsec, "arcsec",
              "without numbers, rows closer than this are one star", positive),
        field("select", &C::select, "",
              "condition on a row; rows for which it does not hold are "
              "left out"),
        field("format", &C::format, "",
              "auto (by content), csv, tsv, blanks, fits, votable … as star lists")};
  }
};

/// A column of texts: numbers into the list of the texts there are, in order of appearance.
struct NameColumn {
  std::vector<std::string> names;
  std::vector<std::int32_t> of_row;  ///< [row]; -1: missing
};

/// The rows of a photometry table as columns, in the order of the file.
struct PhotometryTable {
  std::vector<StarId> star;  ///< 0: not numbered
  std::vector<double> ra_deg;
  std::vector<double> dec_deg;
  std::vector<float> mag;  ///< of a catalogue; NaN when missing, as all that follow
  std::vector<float> colour;
  std::vector<double> time_jd;  ///< as TableOptions says
  NameColumn frame;
  NameColumn camera;
  NameColumn filter;
  std::vector<float> exposure_s;
  std::vector<float> airmass;
  std::vector<float> x_px;
  std::vector<float> y_px;
  std::vector<float> background_adu;
  std::vector<float> fwhm_px;
  std::vector<double> value;  ///< [row][ap] flux in adu, or magnitudes
  std::vector<double> error;  ///< [row][ap] in the unit that error_is_mag says
  std::int64_t n_ap = 0;
  bool is_flux = true;
  bool error_is_mag = false;
  std::int64_t n_left_out = 0;  ///< rows without time, place or star, or not selected

  std::int64_t n_row() const noexcept { return static_cast<std::int64_t>(star.size()); }
};

/// Reads a table of any format of read_star_batches() (io/star_reader.hpp) whole: about 130 bytes a
/// row. Rows without a time or place are left out, as are rows without number where others have one
/// by table.star. Collective: no. Throws Error{bad_input} with file and row for a damaged file, a
/// cell that is no number or time, a place off the sphere, or no row at all; Error{bad_config} for
/// an entry that names no column or does not parse, lists of different length, several apertures
/// without radii, and times in bjd_tdb without table.frame.
PhotometryTable read_photometry_table(const std::filesystem::path& path,
                                      const TableOptions& options);

}  // namespace skyweft::io
