@testable import Governance
