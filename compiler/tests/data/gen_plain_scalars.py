import yaml, random, math
random.seed(11)
L=yaml.SafeLoader
ld=yaml.SafeLoader('')
def reading(t):
    node=yaml.ScalarNode(ld.resolve(yaml.ScalarNode,t,(True,False)),t)
    tag=node.tag.rsplit(':',1)[1]
    try: v=ld.construct_object(node)
    except Exception as e:
        if tag=='value': return 'default'
        if tag=='merge': return 'merge'
        if tag=='timestamp': return 'date'
        return 'invalid'
    if tag=='null': return 'null'
    if tag=='bool': return f'bool {str(v).lower()}'
    if tag=='int': return (f'base60 {v}' if ':' in t else f'int {v}')
    if tag=='float':
        if ':' in t: return f'base60 float'
        if math.isnan(v): return 'nan'
        import struct; return 'float '+struct.pack('>d',v).hex()
    if tag=='timestamp': return 'date'
    if tag=='merge': return 'merge'
    if tag=='value': return 'default'
    return 'text'
words=[w for b in ['yes','no','on','off','true','false','null','y','n','~','none','inf','nan'] for w in {b,b.upper(),b.title(),b[:1]+b[1:].upper()}]
words+=['.inf','-.inf','+.inf','.Inf','.INF','.iNf','.nan','.NaN','.NAN','-.nan','+.NaN','<<','=','==','<','<=','<<<','==x','-','+','.','..','-.','0','00','007','08','0_','0_7','1_','_1','1__0','0b','0b_','0b1','0b12','-0b101','0x','0x_','0xfF','0xG','+0x10','0o7','0o8','1:30','1:60','1:05:09','0:30','01:30','1_0:30','-1:30','1:30.5','0:30.5','1:30.','1:2:3:4.25','1.e3','1.e+3','1e+3','1E-3','.5e+1','.5e1','1.5e','1.5e+','1._5','1_.5','._5','2026-01-01','2026-1-1','2026-13-45','2026-01-01T10:00:00Z','2026-01-01t10:00:00','2026-01-01 10:00:00','2026-1-1 1:00:00 +01:00','2026-01-01T1:00:00.','2026-01-01 10:00','2026-01-01T10:00:00-5','2026-01-01T10:00:00 Z','20260101','1e5','12e03','9'*30,'-'+'9'*25,'0'*5]
S=set(words)
def rnd(alpha,n): return ''.join(random.choice(alpha) for _ in range(n))
while len(S)<2500:
    k=random.random()
    if k<.3: S.add(rnd('0123456789_.eE+-:',random.randint(1,8)))
    elif k<.5: S.add(rnd('01x_bo7fF.-+',random.randint(1,7)))
    elif k<.65: S.add(rnd('0159:_.',random.randint(2,9)))
    elif k<.8: S.add(rnd('0123456789',4)+'-'+rnd('0123456789',random.randint(1,2))+'-'+rnd('0123456789',random.randint(1,2))+random.choice(['','T','t',' ','  '])+random.choice(['',rnd('0123456789:.Z+- ',random.randint(3,10))]))
    elif k<.9: S.add(random.choice(words)+rnd('eE_.x0',random.randint(0,2)))
    else: S.add(rnd('yesnofftrualYNOTF~<=.-',random.randint(1,5)))
rows=[]
for t in sorted(S):
    if t!=t.strip() or not t or '\t' in t: continue
    rows.append(t+'\t'+reading(t))
open('plain_scalars.tsv','w').write('\n'.join(rows)+'\n')
import collections
print(collections.Counter(r.split('\t')[1].split(' ')[0] for r in rows))
