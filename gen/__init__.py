# SPDX-License-Identifier: Apache-2.0
"""The devicetree compiler: load, validate, check, emit; and seal after the link."""
