package engine

func (s *cloneSource) straightenPodman()              {}
func (s *cloneSource) refusePodman() error            { return nil }
func (p *Plan) nativeLost(made *cloneSource) []string { return nil }
