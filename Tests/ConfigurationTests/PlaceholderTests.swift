@testable import Configuration
