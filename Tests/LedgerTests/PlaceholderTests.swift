@testable import Ledger
