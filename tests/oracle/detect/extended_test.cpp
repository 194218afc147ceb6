// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/extended.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include "io/fits.hpp"
#include "support/detect_stars.hpp"
#include "support/real_data.hpp"
#include "support/sky_python.hpp"

using namespace skyweft;

namespace {

// Follows SEP's own guide to what Source Extractor's FLUX_AUTO, FLUX_RADIUS and windowed positions
// are. In: one row with width and height; beside that file the images.
constexpr const char* kScript = R"(
import sys
import numpy as np
import sep
w, h = (int(v) for v in np.loadtxt(sys.argv[1]))
def image(name, kind):
    return np.fromfile('STEM' + name, kind).reshape(h, w)
data, rms, var = (image(n, np.float32) for n in ('.data', '.rms', '.var'))
mask = image('.mask', np.uint8).astype(bool)
kernel = np.array([[1., 2., 1.], [2., 4., 2.], [1., 2., 1.]])
o = sep.extract(data, 1.5, err=rms, mask=mask, minarea=5, filter_kernel=kernel, filter_type='conv',
                deblend_nthresh=32, deblend_cont=0.005, clean=True, clean_param=1.0)
x, y, a, b, theta = (o[n] for n in ('x', 'y', 'a', 'b', 'theta'))
kron, _ = sep.kron_radius(data, x, y, a, b, theta, 6.0, mask=mask)
auto, err, _ = sep.sum_ellipse(data, x, y, a, b, theta, 2.5 * kron, var=var, mask=mask, subpix=0)
small = 2.5 * kron * np.sqrt(a * b) < 1.75
if small.any():
    auto[small], err[small], _ = sep.sum_circle(data, x[small], y[small], 1.75, var=var, mask=mask,
                                                subpix=0)
half, _ = sep.flux_radius(data, x, y, 6.0 * a, 0.5, normflux=auto, mask=mask, subpix=11)
xw, yw, _ = sep.winpos(data, x, y, 2.0 / 2.3548200450309493 * half, mask=mask, subpix=11)
ap, aperr, _ = sep.sum_circle(data, x, y, 5.0, var=var, mask=mask, subpix=0)
columns = (x, y, o['npix'], o['flux'], o['peak'], a, b, theta, o['cxx'], o['cyy'], o['cxy'], kron,
           auto, err, half, xw, yw, ap, aperr, o['flag'] & 1)
for row in zip(*columns):
    print('row', *('%.17g' % v for v in row))
)";

bool has_sep() {
  return std::system("/usr/bin/python3 -c 'import sep' > /dev/null 2>&1") == 0;
}

template <class T>
void dump(const std::string& path, const std::vector<T>& values) {
  std::ofstream{path, std::ios::binary}.write(
      reinterpret_cast<const char*>(values.data()),
      static_cast<std::streamsize>(values.size() * sizeof(T)));
}

std::vector<std::vector<double>> ask_sep(const Frame& frame, const detect::Background& sky) {
  const std::string stem =
      (std::filesystem::temp_directory_path() / fmt::format("skyweft_sep_{}", ::getpid())).string();
  const std::size_t n = frame.signal_e.pixels().size();
  std::vector<float> data(n), rms(n), var(n);
  std::vector<std::uint8_t> mask(n);
  for (std::size_t i = 0; i < n; ++i) {
    data[i] = frame.signal_e.pixels()[i] - sky.level_e.pixels()[i];
    rms[i] = sky.rms_e.pixels()[i];
    var[i] = std::max(frame.variance_e2.pixels()[i], rms[i] * rms[i]);
    mask[i] = (frame.mask.pixels()[i] & mask::unusable & ~mask::saturated) != 0 ? 1 : 0;
    if (mask[i] != 0) data[i] = 0.0F;
  }
  dump(stem + ".data", data), dump(stem + ".rms", rms), dump(stem + ".var", var);
  dump(stem + ".mask", mask);
  std::string script = kScript;
  script.replace(script.find("STEM"), 4, stem);
  auto rows = support::rows_from_python(
      script, {{static_cast<double>(frame.nx()), static_cast<double>(frame.ny())}});
  for (const char* ending : {".data", ".rms", ".var", ".mask"})
    std::filesystem::remove(stem + ending);
  std::ranges::sort(rows, [](const auto& p, const auto& q) {
    return std::tie(p[1], p[0]) < std::tie(q[1], q[0]);
  });
  return rows;
}

/// Same library, same numbers: our columns are float (6e-8) and its sums are rounded in an order
/// that the compiler chooses (1e-7 of pixel values that may cancel), so 1e-5 of the larger of the
/// value and its natural scale.
void compare(const Frame& frame, const detect::Background& sky) {
  const ExtendedSources s = detect::detect_extended(frame, sky, 3.0);
  const auto truth = ask_sep(frame, sky);
  ASSERT_GT(truth.size(), 20U);
  ASSERT_EQ(static_cast<std::size_t>(s.size()), truth.size());
  std::vector<std::size_t> order(truth.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t p, std::size_t q) {
    return std::tie(s.y_px[p], s.x_px[p]) < std::tie(s.y_px[q], s.x_px[q]);
  });
  const auto near = [](double mine, double theirs, double scale, const char* what, std::size_t k) {
    EXPECT_NEAR(mine, theirs, 1e-5 * std::max(std::abs(theirs), scale)) << what << " " << k;
  };
  for (std::size_t k = 0; k < truth.size(); ++k) {
    const std::size_t i = order[k];
    const auto& t = truth[k];
    near(s.x_px[i], t[0], 1, "x", k), near(s.y_px[i], t[1], 1, "y", k);
    EXPECT_EQ(s.n_pix[i], static_cast<int>(t[2])) << k;
    near(s.flux_iso_e[i], t[3], 0, "flux_iso", k), near(s.peak_e[i], t[4], 0, "peak", k);
    near(s.a_px[i], t[5], 0, "a", k), near(s.b_px[i], t[6], 0, "b", k);
    near(s.theta_deg[i] * kRadPerDeg, t[7], 1, "theta", k);
    near(s.cxx[i], t[8], 0, "cxx", k), near(s.cyy[i], t[9], 0, "cyy", k);
    near(s.cxy[i], t[10], t[8] + t[9], "cxy", k);
    near(s.kron_radius[i], t[11], 0, "kron", k);
    near(s.flux_auto_e[i], t[12], t[13], "auto", k), near(s.flux_auto_err_e[i], t[13], 0, "err", k);
    near(s.aperture_flux_e[3 * i + 1], t[17], t[18], "ap", k);
    near(s.aperture_err_e[3 * i + 1], t[18], 0, "ap err", k);
    EXPECT_EQ((s.flags[i] & source_flag::blended) != 0, t[19] > 0.0) << k;
    if (!(t[12] > 0.0) || (s.flags[i] & source_flag::no_centroid) != 0) continue;
    near(s.half_light_px[i], t[14], 1, "half light", k);
    near(s.x_win_px[i], t[15], 1, "x_win", k), near(s.y_win_px[i], t[16], 1, "y_win", k);
  }
}

/// Stars on a lattice with random shifts and fluxes; flux in `flux_e`, places in x, y.
struct Stars {
  Frame frame = support::sky_frame(600, 600, 300.0, 6.0, 17);
  std::vector<double> x_px, y_px, flux_e;
};

Stars simulate() {
  Stars out;
  std::mt19937 random{3};
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  for (int k = 0; k < 100; ++k) {
    out.x_px.push_back(30 + 60 * (k % 10) + 2.0 * uniform(random));
    out.y_px.push_back(30 + 60 * (k / 10) + 2.0 * uniform(random));
    out.flux_e.push_back(std::pow(10.0, 4.3 + 1.5 * uniform(random)));
    support::add_star(out.frame, out.x_px.back(), out.y_px.back(), out.flux_e.back(), 3.5);
  }
  return out;
}

}  // namespace

TEST(ExtendedSources, OfTheNttFrameAreThoseOfSepInPython) {
  if (!has_sep()) GTEST_SKIP() << "sep is absent (/usr/bin/python3)";
  const auto path = support::real_data_dir() / "sep" / "image.fits";
  SKYWEFT_NEEDS(path);
  Frame frame;
  frame.signal_e = io::read_image(path).adu;
  frame.variance_e2 = Grid<float>(frame.nx(), frame.ny(), 40.0F);
  frame.mask = Mask(frame.nx(), frame.ny());
  compare(frame, detect::estimate_background(frame));
}

TEST(ExtendedSources, OfASimulatedFrameAreThoseOfSepInPython) {
  if (!has_sep()) GTEST_SKIP() << "sep is absent (/usr/bin/python3)";
  Stars stars = simulate();
  for (std::int64_t iy = 200; iy < 230; ++iy) stars.frame.mask(151, iy) = mask::fault;
  compare(stars.frame, detect::estimate_background(stars.frame));
}

// A Gaussian's Kron radius is √(π/2) rms, so 2.5 of them hold 1 − exp(−½ (2.5·1.2533)²) = 0.9926 of
// the light. There the growth curve rises by r exp(−r²/2) = 2.3 % per rms: noise and light beyond
// the frame's own sky that move the radius by an eighth, 0.4 rms, move the light by 1 %. Beyond
// that: the quoted error, at 4 sigma for 100 stars.
TEST(ExtendedSources, KronFluxIsTheTruthButForTheWings) {
  const Stars stars = simulate();
  const ExtendedSources s =
      detect::detect_extended(stars.frame, detect::estimate_background(stars.frame), 3.5);
  int n_found = 0;
  double sum = 0.0;
  for (std::size_t k = 0; k < stars.x_px.size(); ++k)
    for (std::size_t i = 0; i < s.x_px.size(); ++i) {
      if (std::hypot(s.x_px[i] - stars.x_px[k], s.y_px[i] - stars.y_px[k]) > 1.0) continue;
      ++n_found;
      const double off = s.flux_auto_e[i] - 0.9926 * stars.flux_e[k];
      EXPECT_NEAR(off, 0.0, 4.0 * s.flux_auto_err_e[i] + 0.01 * stars.flux_e[k]) << k;
      sum += off / stars.flux_e[k];
    }
  EXPECT_EQ(n_found, 100);
  std::printf("Kron flux: %.2f %% of the truth in the mean\n", 100.0 * (0.9926 + sum / n_found));
}
