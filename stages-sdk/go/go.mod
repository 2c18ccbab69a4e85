module cascata.dev/stage

go 1.24
