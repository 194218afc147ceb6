// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/header_wcs.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <erfa.h>
#include <fmt/format.h>
#include <wcslib/wcslib.h>

#include "core/error.hpp"
#include "sky/frame_polynomial.hpp"
#include "sky/header_cards.hpp"
#include "sky/projection.hpp"
#include "sky/wcs.hpp"

namespace skyweft::sky {
namespace {

constexpr int kFitSide = 20;
constexpr int kJudgeSide = 25;
constexpr double kEnough_px = 0.01;

[[noreturn]] void refuse(std::string_view why) {
  throw Error{Errc::bad_input,
              fmt::format("the world coordinates in the header cannot be used: {}", why)}
      .because({"header_wcs", 0.0, 1.0});
}

/// wcslib's description of one header: an array of its own, freed with it.
class Description {
 public:
  explicit Description(std::string cards) {
    int n_rejected = 0;
    const auto n_card = static_cast<int>(cards.size() / 80);
    if (wcspih(cards.data(), n_card, WCSHDR_all, 0, &n_rejected, &n_, &all_) != 0 || n_ < 1)
      refuse("wcslib does not understand them");
    unitfix(0, all_);
    if (const int status = wcsset(all_); status != 0) {
      const std::string why = wcs_errmsg[std::clamp(status, 0, 14)];
      wcsvfree(&n_, &all_);
      refuse(why);
    }
  }
  ~Description() {
    if (all_ != nullptr) wcsvfree(&n_, &all_);
  }
  Description(const Description&) = delete;
  Description& operator=(const Description&) = delete;

  wcsprm& first() const { return *all_; }

 private:
  int n_ = 0;
  wcsprm* all_ = nullptr;
};

/// How longitude and latitude of the header become ICRS.
enum class System { icrs, fk5, fk4, galactic };

struct SystemOf {
  System system = System::icrs;
  double equinox = 2000.0;
};

/// The standard's rules: without RADESYS an equinox says FK5 from 1984 on, FK4 before; without both
/// it is ICRS (Calabretta & Greisen 2002, section 3.1).
SystemOf system_of(const WcsCards& cards, std::string_view longitude) {
  if (longitude == "GLON") return {System::galactic};
  if (longitude != "RA") refuse(fmt::format("{} is no system that is known here", longitude));
  if (cards.frame == "ICRS" || (cards.frame.empty() && !cards.equinox)) return {System::icrs};
  if (cards.frame == "FK5" || (cards.frame.empty() && *cards.equinox >= 1984.0)) {
    const double equinox = cards.equinox.value_or(2000.0);
    if (equinox < 1800.0 || equinox > 2200.0) refuse(fmt::format("equinox {}", equinox));
    return {System::fk5, equinox};
  }
  if (cards.frame == "FK4" || cards.frame.empty()) {
    const double equinox = cards.equinox.value_or(1950.0);
    if (equinox != 1950.0) refuse(fmt::format("FK4 of equinox {}, not 1950", equinox));
    return {System::fk4, equinox};
  }
  refuse(fmt::format("RADESYS {} is no system that is known here", cards.frame));
}

class ToIcrs {
 public:
  explicit ToIcrs(const SystemOf& of) : of_(of) {
    // From the equinox to J2000, IAU 1976, to which FK5 belongs.
    double zeta = 0.0;
    double z = 0.0;
    double theta = 0.0;
    const double jd = 2451545.0 + 365.25 * (of.equinox - 2000.0);
    eraPrec76(jd, 0.0, 2451545.0, 0.0, &zeta, &z, &theta);
    eraIr(matrix_);
    eraRz(-zeta, matrix_);
    eraRy(theta, matrix_);
    eraRz(-z, matrix_);
  }

  SkyPos operator()(double longitude_deg, double latitude_deg) const {
    const double lon = longitude_deg * kRadPerDeg;
    const double lat = latitude_deg * kRadPerDeg;
    double ra = lon;
    double dec = lat;
    if (of_.system == System::galactic) {
      eraG2icrs(lon, lat, &ra, &dec);
    } else if (of_.system == System::fk4) {
      eraFk45z(lon, lat, 1950.0, &ra, &dec);
    } else if (of_.system == System::fk5 && of_.equinox != 2000.0) {
      const Vec3 from = unit_vector({Angle::from_rad(lon), Angle::from_rad(lat)});
      Vec3 to{};
      for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t k = 0; k < 3; ++k) to[i] += matrix_[i][k] * from[k];
      return direction_of(to);
    }
    return {Angle::from_rad(ra), Angle::from_rad(dec)};
  }

 private:
  SystemOf of_;
  double matrix_[3][3];
};

/// The directions of many pixels; refuses the header when there are any without.
std::vector<SkyPos> directions(wcsprm& wcs, const ToIcrs& to_icrs,
                               const std::vector<PixelPos>& places) {
  const std::size_t n = places.size();
  std::vector<double> pixels;
  for (const PixelPos& p : places) {  // FITS counts from 1
    pixels.push_back(p.x_px + 1.0);
    pixels.push_back(p.y_px + 1.0);
  }
  std::vector<double> plane(2 * n);
  std::vector<double> phi(n);
  std::vector<double> theta(n);
  std::vector<double> world(2 * n);
  std::vector<int> stat(n);
  const int status = wcsp2s(&wcs, static_cast<int>(n), 2, pixels.data(), plane.data(), phi.data(),
                            theta.data(), world.data(), stat.data());
  if (status != 0 || std::ranges::any_of(stat, [](int s) { return s != 0; }))
    refuse("they do not reach all pixels of the frame");
  std::vector<SkyPos> out;
  for (std::size_t i = 0; i < n; ++i) {
    const double lon = world[2 * i + static_cast<std::size_t>(wcs.lng)];
    const double lat = world[2 * i + static_cast<std::size_t>(wcs.lat)];
    if (!std::isfinite(lon) || !std::isfinite(lat) || std::abs(lat) > 90.0 + 1e-9)
      refuse("they do not reach all pixels of the frame");
    out.push_back(to_icrs(lon, lat));
  }
  return out;
}

/// Places in the tangent plane in units of `unit_deg`.
std::vector<PixelPos> in_plane(const std::vector<SkyPos>& sky, const TangentPlane& about,
                               double unit_deg) {
  std::vector<PixelPos> out;
  for (const SkyPos& position : sky) {
    const auto at = about.project(position);
    if (!at) refuse("the frame is wider than a hemisphere");
    out.push_back({at->xi_deg / unit_deg, at->eta_deg / unit_deg});
  }
  return out;
}

double largest(const std::vector<PixelPos>& places) {
  double out = 0.0;
  for (const PixelPos& p : places) out = std::max({out, std::abs(p.x_px), std::abs(p.y_px)});
  return out;
}

double worst_distance(const FramePolynomial& fit, int order, const std::vector<PixelPos>& from,
                      const std::vector<PixelPos>& to) {
  double worst = 0.0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const PixelPos at = polynomial_at(fit, order, from[i]);
    const double error = std::hypot(at.x_px - to[i].x_px, at.y_px - to[i].y_px);
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

}  // namespace

std::optional<Wcs> wcs_from_header(std::string_view cards, std::int64_t nx, std::int64_t ny,
                                   double* worst_error_px) {
  const std::optional<WcsCards> known = wcs_cards_of(cards);
  if (!known || nx < 1 || ny < 1) return std::nullopt;
  const Description header{known->text};
  wcsprm& wcs = header.first();
  if (wcs.lng < 0 || wcs.lat < 0 || wcs.naxis != 2) return std::nullopt;
  const ToIcrs to_icrs{system_of(*known, wcs.lngtyp)};

  const PixelPos middle{0.5 * static_cast<double>(nx - 1), 0.5 * static_cast<double>(ny - 1)};
  const SkyPos centre = directions(wcs, to_icrs, {middle}).front();
  const TangentPlane about{centre};
  const std::vector<PixelPos> nodes = frame_grid(nx, ny, kFitSide, true);
  const std::vector<PixelPos> judge = frame_grid(nx, ny, kJudgeSide, false);
  const std::vector<SkyPos> judge_sky = directions(wcs, to_icrs, judge);
  const double unit_deg = largest(in_plane(judge_sky, about, 1.0));
  if (!(unit_deg > 0.0)) refuse("all pixels show one place");
  const std::vector<PixelPos> from = in_plane(directions(wcs, to_icrs, nodes), about, unit_deg);
  const std::vector<PixelPos> judge_from = in_plane(judge_sky, about, unit_deg);

  Wcs best;
  best.centre = centre;
  best.unit_deg = unit_deg;
  double least = kNaN;
  for (int order = 1; order <= kMaxPolynomialOrder; ++order) {
    const auto fit = fit_frame_polynomial(from, nodes, order, 0);
    if (!fit) continue;
    const double worst = worst_distance(*fit, order, judge_from, judge);
    if (std::isnan(worst) || worst >= least) continue;
    least = worst;
    best.order = order;
    best.cx = fit->x;
    best.cy = fit->y;
    if (least < kEnough_px) break;
  }
  if (!best.valid()) refuse("no polynomial follows them over the frame");
  if (worst_error_px != nullptr) *worst_error_px = least;
  return best;
}

Wcs in_frame_pixels(const Wcs& in_file, const PixelMap& map) {
  Wcs out = in_file;
  if (!out.valid()) return out;
  out.cx[0] -= map.x_start;
  out.cy[0] -= map.y_start;
  for (double& c : out.cx) c /= map.x_step;
  for (double& c : out.cy) c /= map.y_step;
  out.colour_x_px /= map.x_step;
  out.colour_y_px /= map.y_step;
  return out;
}

}  // namespace skyweft::sky
