// SPDX-License-Identifier: Apache-2.0
// Whether code and constants are those that were built; the profile `hardened` asks at boot and in
// each panic.
#pragma once

namespace osier {

// Whether a hash over code and read-only data is the one that the sealer wrote behind them. It
// notices what went wrong, not who meant to go unnoticed. Any context; a few instructions a word.
bool image_is_as_built();

}  // namespace osier
