"""Importer: official releases on children's social care in England -> one tidy panel.

No reader is registered here: what the importer writes is read by the reader ``england``. The
package is found by the register of readers all the same, so this file imports nothing.
"""
