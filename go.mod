module earshot

go 1.26.8
