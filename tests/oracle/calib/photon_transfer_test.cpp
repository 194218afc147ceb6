// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/photon_transfer.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "core/robust.hpp"
#include "support/calib_oracle_frames.hpp"

using namespace skyweft;

namespace {

// Seed 7, 256 × 256: two biases and two flats of 60000 e- at 3 e-/ADU and 7 e- read noise. The
// independent program took medians for levels and, for sigmas, the population standard deviation of
// the differences after clipping at 4 sigma: that drops two flat pixels and no bias pixel.
TEST(PhotonTransfer, GivesTheNumbersOfAnIndependentProgram) {
  const std::vector<Grid<float>> frames = support::photon_transfer_oracle_frames();
  const calib::PhotonTransferConfig config;
  const PixelBox all{.x0 = 0, .y0 = 0, .x1 = 256, .y1 = 256};
  const auto bias = calib::pair_noise(frames[0], frames[1], {}, {}, all, false, config);
  const auto flat = calib::pair_noise(frames[2], frames[3], {}, {}, all, false, config);
  // Sums of 65536 squares rounded in another order: 1e-11 of the value.
  EXPECT_NEAR(bias.clipped_sigma_adu, 3.3094863763, 1e-9);
  EXPECT_NEAR(flat.clipped_sigma_adu, 115.8716754723, 1e-9);
  EXPECT_EQ(bias.n_px, 65536);
  EXPECT_EQ(flat.n_px, 65534);
  const auto median = [&](std::size_t k) { return median_of_finite(frames[k].pixels()); };
  const auto gain =
      calib::gain_of_two_pairs(median(2) + median(3), median(0) + median(1), flat.clipped_sigma_adu,
                               bias.clipped_sigma_adu, bias.n_px);
  EXPECT_NEAR(gain.gain_e_per_adu, 2.9816718547, 1e-9);
  EXPECT_NEAR(gain.read_noise_e, 6.9775899794, 1e-9);
  // The truth lies within four of the errors quoted (0.55 % and 0.62 %); the sigma of the bias
  // includes 1/12 ADU² of rounding per frame, 0.7 % of 7 e-.
  EXPECT_NEAR(gain.gain_error_e_per_adu / gain.gain_e_per_adu, std::sqrt(2.0 / 65535.0), 1e-4);
  EXPECT_NEAR(gain.gain_e_per_adu, 3.0, 4 * gain.gain_error_e_per_adu);
  EXPECT_NEAR(gain.read_noise_e, 7.0, 4 * gain.read_noise_error_e + 0.05);

  // The fit to the same four frames in one box is the same estimate, with the tails lost by
  // clipping put back and the rounding removed: that is twice 1/12 in the bias' difference.
  const double share = calib::clipped_variance_share(4.0);
  const auto fit = calib::fit_photon_transfer({&bias, 1}, {&flat, 1}, kNaN, config);
  const double flat_variance = std::pow(flat.clipped_sigma_adu, 2) * 65534.0 / 65533.0 / share;
  const double bias_variance = std::pow(bias.clipped_sigma_adu, 2) * 65536.0 / 65535.0 / share;
  const double level = flat.level_adu;  // the fit takes raw frames here: above zero, not above bias
  EXPECT_NEAR(fit.gain_e_per_adu, 2.0 * level / (flat_variance - bias_variance), 1e-9);
  EXPECT_NEAR(fit.read_noise_adu, std::sqrt(bias_variance / 2.0 - 1.0 / 12.0), 1e-9);
}

}  // namespace
