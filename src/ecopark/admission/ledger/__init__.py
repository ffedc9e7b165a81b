"""The quota ledger: what has been granted, reserved and confirmed, in exact decimals, never more than the limit."""

from ecopark.admission.ledger.book import Booking, Ledger
from ecopark.admission.ledger.checks import LedgerError, NotEnough, StoreError
from ecopark.admission.ledger.entries import ITEMS, KINDS, Account, Balance, Entry, balance
from ecopark.admission.ledger.ratios import Ratio, ReplacementRatios
from ecopark.admission.ledger.statement import Reservation, Statement
from ecopark.admission.ledger.store import Store, open_store

__all__ = [
    "ITEMS",
    "KINDS",
    "Account",
    "Balance",
    "Booking",
    "Entry",
    "Ledger",
    "LedgerError",
    "NotEnough",
    "Ratio",
    "ReplacementRatios",
    "Reservation",
    "Statement",
    "Store",
    "StoreError",
    "balance",
    "open_store",
]
