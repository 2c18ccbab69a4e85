module reputation

go 1.24

require cascata.dev/stage v0.0.0

replace cascata.dev/stage => ../../../../stages-sdk/go
