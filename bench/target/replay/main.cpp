// SPDX-License-Identifier: Apache-2.0
// The app under test is udp-echo itself.
#include "../../../apps/udp-echo/main.cpp"
