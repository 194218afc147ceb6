// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Boost.Serialization for the small objects that travel between ranks. Arrays travel as spans.

#include <algorithm>
#include <optional>
#include <sstream>
#include <string>

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/array.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/set.hpp>
#include <boost/serialization/split_free.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/utility.hpp>
#include <boost/serialization/vector.hpp>

#include "data/frame_catalog.hpp"
#include "data/star_catalog.hpp"
#include "data/subpixel_map.hpp"
#include "data/wcs.hpp"

namespace boost::serialization {

template <class A>
void save(A& archive, const skyweft::Angle& angle, unsigned /*version*/) {
  const double rad = angle.rad();
  archive << rad;
}
template <class A>
void load(A& archive, skyweft::Angle& angle, unsigned /*version*/) {
  double rad = 0.0;
  archive >> rad;
  angle = skyweft::Angle::from_rad(rad);
}

template <class A, class T>
void save(A& archive, const std::optional<T>& value, unsigned /*version*/) {
  const bool has_value = value.has_value();
  archive << has_value;
  if (has_value) archive << *value;
}
template <class A, class T>
void load(A& archive, std::optional<T>& value, unsigned /*version*/) {
  bool has_value = false;
  archive >> has_value;
  value.reset();
  if (has_value) archive >> value.emplace();
}
template <class A, class T>
void serialize(A& archive, std::optional<T>& value, unsigned version) {
  split_free(archive, value, version);
}

template <class A>
void serialize(A& archive, skyweft::SkyPos& p, unsigned /*version*/) {
  archive& p.ra& p.dec;
}

template <class A>
void serialize(A& archive, skyweft::Site& s, unsigned /*version*/) {
  archive& s.longitude& s.latitude& s.height_m;
}
template <class A>
void serialize(A& archive, skyweft::Wcs& w, unsigned /*version*/) {
  archive& w.centre& w.unit_deg& w.order& w.cx& w.cy& w.colour_zero& w.colour_x_px& w.colour_y_px;
}

template <class A>
void serialize(A& archive, skyweft::PsfMap& m, unsigned /*version*/) {
  archive& m.kind& m.view& m.terms& m.x_node_px& m.y_node_px& m.coefficient;
  archive& m.n_star& m.n_pixel& m.rounds& m.converged& m.chi2_dof;
}

template <class A>
void save(A& archive, const skyweft::SubPixelMap& m, unsigned /*version*/) {
  const std::int64_t nx = m.sensitivity.nx();
  const std::vector<double> values(m.sensitivity.pixels().begin(), m.sensitivity.pixels().end());
  archive << nx << values;
}
template <class A>
void load(A& archive, skyweft::SubPixelMap& m, unsigned /*version*/) {
  std::int64_t nx = 0;
  std::vector<double> values;
  archive >> nx >> values;
  m.sensitivity = skyweft::Grid<double>(nx, nx > 0 ? std::ssize(values) / nx : 0);
  std::ranges::copy(values, m.sensitivity.pixels().begin());
}

template <class A>
void serialize(A& archive, skyweft::PixelBox& b, unsigned /*version*/) {
  archive& b.x0& b.y0& b.x1& b.y1;
}

template <class A>
void serialize(A& archive, skyweft::RawLayout& l, unsigned /*version*/) {
  archive& l.hdus& l.plane& l.x_start& l.y_start& l.x_step& l.y_step;
}

template <class A>
void serialize(A& archive, skyweft::Amplifier& a, unsigned /*version*/) {
  archive& a.name& a.data& a.overscan& a.frame& a.flip_x& a.flip_y;
  archive& a.gain_e_per_adu& a.read_noise_e& a.saturation_adu;
}

template <class A>
void serialize(A& archive, skyweft::DetectorTraits& t, unsigned /*version*/) {
  archive& t.linearity& t.nonlinear_adu& t.read_out& t.bad_pixels& t.shutter_map;
}

template <class A>
void serialize(A& archive, skyweft::FrameInfo& f, unsigned /*version*/) {
  archive& f.id& f.path& f.camera& f.channel& f.filter& f.type& f.time_utc_mid_jd& f.exposure_s;
  archive& f.nx& f.ny& f.raw_nx& f.raw_ny& f.x_binning& f.y_binning& f.window_x0& f.window_y0;
  archive& f.window_known& f.layout& f.amplifiers& f.traits;
  archive& f.gain_e_per_adu& f.read_noise_e& f.saturation_adu& f.temperature_c& f.pointing& f
      .scale_arcsec_px;
}

template <class A>
void serialize(A& archive, skyweft::FrameRecord& r, unsigned /*version*/) {
  archive& r.id& r.file& r.state& r.stage& r.reason& r.test& r.measured& r.threshold;
  archive& r.camera& r.channel& r.filter& r.night& r.masters& r.n_masked& r.overscan_adu;
  archive& r.time_utc_mid_jd& r.time_tdb_mid_jd& r.exposure_s& r.observer_bary_ls& r.zenith& r
      .airmass;
  archive& r.hour_angle_deg& r.ra_deg& r.dec_deg& r.scale_arcsec_px& r.rotation_deg& r.n_sources& r
      .n_matched;
  archive& r.zenith_distance_deg& r.azimuth_deg& r.sun_altitude_deg& r.moon_altitude_deg;
  archive& r.moon_separation_deg& r.moon_lit& r.log_odds& r.solved_by;
  archive& r.wcs_rms_px& r.fwhm_px& r.elongation& r.bg_e& r.bg_rms_e& r.zero_point& r.wcs;
  archive& r.sdk& r.psf_model& r.psf_terms& r.psf_n_star& r.psf_rounds& r.psf_converged& r.psf_chi2;
  archive& r.psf_fwhm_px& r.psf_elongation& r.shift_x_px& r.shift_y_px& r.n_recentred;
  archive& r.px_per_radius& r.zero_point_err& r.zero_point_colour& r.zero_point_scatter;
  archive& r.n_zero_point& r.depth_mag& r.transparency;
}

template <class A>
void serialize(A& archive, skyweft::NamedColumn& c, unsigned /*version*/) {
  archive& c.name& c.value;
}

template <class A>
void serialize(A& archive, skyweft::StarCatalog& s, unsigned /*version*/) {
  archive& s.epoch_yr& s.id& s.ra_deg& s.dec_deg& s.pm_ra_mas_yr& s.pm_dec_mas_yr& s.mag& s.colour;
  archive& s.parallax_mas& s.extra;
}

}  // namespace boost::serialization

BOOST_SERIALIZATION_SPLIT_FREE(skyweft::Angle)
BOOST_SERIALIZATION_SPLIT_FREE(skyweft::SubPixelMap)

namespace skyweft::mpi {

/// The object as bytes that `from_bytes` of the same program understands. Collective: no.
template <class T>
std::string to_bytes(const T& object) {
  std::ostringstream stream;
  {
    boost::archive::binary_oarchive archive{stream, boost::archive::no_header};
    archive << object;
  }
  return std::move(stream).str();
}

template <class T>
void from_bytes(const std::string& bytes, T& object) {
  std::istringstream stream{bytes};
  boost::archive::binary_iarchive archive{stream, boost::archive::no_header};
  archive >> object;
}

}  // namespace skyweft::mpi
