// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

namespace skyweft::phot {

/// Computes the weights 1/σ² of pixels from what the model says is there, not from what was read: a
/// weight that follows the noise of its own pixel makes faint stars too faint.
///
/// A frame's variances rise with the light, V = c + k L. The line is found in every piece (numbered
/// from 0) by least squares over its pixels, without those more than 5 rms off, once with L the
/// value read (base + data) and once with L the model (base + light); the better one, at the model,
/// gives the weights. So they come out right for variances of the values read, for those of true
/// levels, and for such that do not follow the light.
/// A pixel whose own variance, the light that the model does not have taken off, is above four
/// times that by more than 8 of its sigmas (a bad flat) keeps its own. All arrays but
/// `piece_of_owner` are [pixel]; `data` is the signal less the base. Collective: no. Throws: never.
void model_weights(std::span<const std::int32_t> owner,
                   std::span<const std::int64_t> piece_of_owner, std::int64_t n_piece,
                   std::span<const double> base, std::span<const double> data,
                   std::span<const double> variance, std::span<const double> light,
                   std::span<double> weight);

}  // namespace skyweft::phot
